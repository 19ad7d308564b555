//! What invented `kid`s cost: `cargo bench --bench flood`.
//!
//! For 30 s, 5000 tokens with invented `kid`s are sent beside a stream of good ones. Reported are the
//! requests that the issuer got, the most it had in flight, and how long good tokens took. The real
//! binary, real time: the cooldown is what is looked at.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench may panic"
)]

#[path = "../../harness/mod.rs"]
#[expect(dead_code, unused_imports, reason = "one harness for all; this needs a part of it")]
mod harness;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use assay::clock::Clock;
use harness::{AUDIENCE, FakeIssuer, SigningKey, Token};

const INVENTED: u32 = 5_000;
const SECONDS: u32 = 30;
const COOLDOWN: u32 = 5;

struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn main() {
    // `cargo test --all-targets` runs benches too, without the flag.
    if std::env::args().any(|argument| argument == "--bench") {
        measure();
    }
}

fn measure() {
    let key = SigningKey::rs256("k1");
    let issuer = FakeIssuer::start(&[&key]);
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let _service = start(&issuer, port);
    let good = Token::of(&issuer.url).claim("exp", 4_000_000_000_u64).claim("iat", 0);
    let good_token = good.clone().signed_by(&key);
    let forger = SigningKey::es256("forger");
    let clock = Clock::system();
    while ask(&mut connect(port), &good_token) != 200 {
        thread::yield_now();
    }
    let before = issuer.requests();
    let started = clock.elapsed();
    let attack = {
        let clock = clock.clone();
        thread::spawn(move || {
            let mut connection = connect(port);
            let pace = Duration::from_secs(u64::from(SECONDS)) / INVENTED;
            for number in 0..INVENTED {
                let kid = format!("invented-{number}");
                let token = good.clone().header("kid", kid).signed_by(&forger);
                assert_eq!(ask(&mut connection, &token), 401);
                // The attack has a pace of its own; nothing waits for this sleep.
                let due = started + pace * number;
                thread::sleep(due.saturating_sub(clock.elapsed()));
            }
        })
    };
    let mut times = Vec::new();
    let mut connection = connect(port);
    while !attack.is_finished() {
        let sent = clock.elapsed();
        assert_eq!(ask(&mut connection, &good_token), 200);
        times.push(clock.elapsed().saturating_sub(sent));
        // About a thousand a second, so that the machine is not the thing measured.
        thread::sleep(Duration::from_millis(1));
    }
    attack.join().unwrap_or_else(|_| panic!("an invented kid was not refused"));
    report(&issuer, before, &mut times);
}

fn report(issuer: &FakeIssuer, before: usize, times: &mut [Duration]) {
    times.sort();
    let at = |part: usize| times[(times.len() * part / 1000).min(times.len() - 1)];
    let requests = issuer.requests() - before;
    let mut out = std::io::stdout().lock();
    let _ = writeln!(
        out,
        "{INVENTED} invented kids in {SECONDS} s\n\
         issuer requests   {requests} (cooldown {COOLDOWN} s: at most {})\n\
         most in flight    {}\n\
         good tokens       {} asked, p50 {:?}, p99 {:?}, longest {:?}",
        SECONDS / COOLDOWN + 1,
        issuer.most_in_flight(),
        times.len(),
        at(500),
        at(990),
        at(1000),
    );
}

fn start(issuer: &FakeIssuer, port: u16) -> Service {
    let child = Command::new(env!("CARGO_BIN_EXE_assay"))
        .env_clear()
        .envs([
            ("FASTMCP_SERVER_AUTH_JWT_JWKS_URI", format!("{}/jwks", issuer.url)),
            ("FASTMCP_SERVER_AUTH_JWT_ISSUER", issuer.url.clone()),
            ("FASTMCP_SERVER_AUTH_JWT_AUDIENCE", AUDIENCE.to_owned()),
            ("FASTMCP_SERVER_AUTH_JWT_ALGORITHM", "RS256,ES256".to_owned()),
            ("ASSAY_LISTEN__HTTP", format!("127.0.0.1:{port}")),
        ])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    Service(child)
}

fn connect(port: u16) -> TcpStream {
    loop {
        if let Ok(stream) = TcpStream::connect(("127.0.0.1", port)) {
            stream.set_nodelay(true).unwrap();
            return stream;
        }
        thread::yield_now();
    }
}

/// The status of one question on a connection that is kept.
fn ask(stream: &mut TcpStream, token: &str) -> u16 {
    let request =
        format!("GET /verify HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let read = stream.read(&mut chunk).unwrap();
        answer.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&answer);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if length.is_none_or(|length| body.len() >= length.parse::<usize>().unwrap()) {
                return head.split(' ').nth(1).unwrap().parse().unwrap();
            }
        }
    }
}
