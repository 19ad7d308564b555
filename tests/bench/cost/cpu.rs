//! CPU time, user and system, as the scheduler counts it: in nanoseconds, where `times(2)` and
//! `/proc/<pid>/stat` count in ticks of 10 ms.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::Outcome;

/// A thread on a processor is brought up to date when it leaves it: give all of them time to.
const SETTLE: Duration = Duration::from_millis(5);

/// All threads of a process. Threads that ended meanwhile are missing: servers under load end none.
pub fn of_process(id: u32) -> Outcome<Duration> {
    std::thread::sleep(SETTLE);
    let mut total = Duration::ZERO;
    for thread in fs::read_dir(format!("/proc/{id}/task"))? {
        total += on_processor(&thread?.path())?;
    }
    Ok(total)
}

/// The calling thread.
pub fn of_this_thread() -> Outcome<Duration> {
    std::thread::sleep(SETTLE);
    on_processor(Path::new("/proc/thread-self"))
}

/// The first field of `schedstat`.
fn on_processor(thread: &Path) -> Outcome<Duration> {
    let text = fs::read_to_string(thread.join("schedstat"))?;
    let nanoseconds = text.split_whitespace().next().ok_or("schedstat is empty")?;
    Ok(Duration::from_nanos(nanoseconds.parse()?))
}
