//! The load generator: keep-alive HTTP/1.1 over loopback, from one thread.
//!
//! Every connection has one request under way at any time, so the server is never out of work, and
//! the generator never sleeps, so the server need not wake it: a slow answer would otherwise pay
//! for a wake-up that a fast one does not. Every status is checked.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use assay::clock::Clock;

use crate::Outcome;

const CONNECTIONS: usize = 32;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// Some seconds of looking.
const MAX_TRIES: u32 = 2_000_000;
/// Longer than any answer of the servers under measurement.
const MAX_ANSWER_BYTES: usize = 16 * 1024;

/// When to stop: whichever comes first.
#[derive(Clone, Copy)]
pub struct Budget {
    pub operations: usize,
    pub time: Duration,
}

/// What one measurement found.
#[derive(Clone, Copy)]
pub struct Cost {
    /// CPU microseconds of one operation.
    pub micros: f64,
    /// CPU time over wall time: near 1 when one thread had no pause.
    pub busy: f64,
}

impl Cost {
    #[expect(clippy::cast_precision_loss, reason = "far fewer operations than 2^52")]
    pub fn of(cpu: Duration, wall: Duration, operations: usize) -> Self {
        let micros = cpu.as_secs_f64() * 1e6 / operations as f64;
        Self { micros, busy: cpu.as_secs_f64() / wall.as_secs_f64() }
    }
}

/// Open connections to one server.
pub struct Load(Vec<Connection>);

impl Load {
    pub fn connect(address: SocketAddr) -> Outcome<Self> {
        (0..CONNECTIONS).map(|_| Connection::open(address)).collect::<Outcome<_>>().map(Self)
    }

    /// Sends `requests` again and again; returns how many were answered, all with `status`.
    pub fn run(
        &mut self,
        requests: &[Vec<u8>],
        status: u16,
        budget: Budget,
        clock: &Clock,
    ) -> Outcome<usize> {
        let mut endless = requests.iter().cycle();
        let mut next = || endless.next().ok_or("no requests");
        for connection in &mut self.0 {
            connection.send(next()?)?;
        }
        let started = clock.elapsed();
        let mut answered = 0;
        while answered < budget.operations && clock.elapsed().saturating_sub(started) < budget.time
        {
            for connection in &mut self.0 {
                connection.receive(status)?;
                connection.send(next()?)?;
            }
            answered += CONNECTIONS;
        }
        for connection in &mut self.0 {
            connection.receive(status)?;
        }
        Ok(answered + CONNECTIONS)
    }
}

/// One request and its answer, over a connection of their own.
pub fn ask(address: SocketAddr, request: &[u8], status: u16) -> Outcome<()> {
    let mut connection = Connection::open(address)?;
    connection.send(request)?;
    connection.receive(status)
}

struct Connection {
    stream: TcpStream,
    answer: Box<[u8]>,
}

impl Connection {
    fn open(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect_timeout(&address, CONNECT_TIMEOUT)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        Ok(Self { stream, answer: vec![0; MAX_ANSWER_BYTES].into() })
    }

    fn send(&mut self, request: &[u8]) -> Outcome<()> {
        Ok(self.stream.write_all(request)?)
    }

    fn receive(&mut self, expected: u16) -> Outcome<()> {
        let (mut filled, mut tries) = (0, 0);
        loop {
            let free = self.answer.get_mut(filled..).unwrap_or_default();
            let read = match self.stream.read(free) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    tries += 1;
                    pause(tries)?;
                    continue;
                }
                read => read?,
            };
            if read == 0 {
                return Err("the server closed the connection, or its answer is too long".into());
            }
            filled += read;
            let answer = self.answer.get(..filled).unwrap_or_default();
            match status_when_complete(answer) {
                None => {}
                Some(status) if status == expected => return Ok(()),
                Some(_) => return Err(unexpected(answer, expected)),
            }
        }
    }
}

/// Between two looks at a connection: leaves it to the kernel for a moment and, should both have to
/// share one processor, that to the server.
fn pause(tries: u32) -> Outcome<()> {
    if tries > MAX_TRIES {
        return Err("the server does not answer".into());
    }
    (0..100).for_each(|_| std::hint::spin_loop());
    std::thread::yield_now();
    Ok(())
}

fn unexpected(answer: &[u8], expected: u16) -> Box<dyn std::error::Error> {
    format!("expected status {expected}, got: {}", String::from_utf8_lossy(answer)).into()
}

/// The status of an answer that is all there.
fn status_when_complete(answer: &[u8]) -> Option<u16> {
    let end_of_head = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(answer.get(..end_of_head)?).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let length: usize = lines
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.parse().ok())?;
    (answer.len() >= end_of_head + 4 + length).then_some(status)
}
