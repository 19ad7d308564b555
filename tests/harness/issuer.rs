//! An issuer of lies and truths: real HTTP on loopback, from plain threads, so that no runtime of
//! the service can hide what it does.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use serde_json::json;

use super::SigningKey;

#[derive(Clone)]
enum Behaviour {
    Answers(Vec<u8>),
    /// Takes the connection and closes it.
    IsDown,
    /// Answers once it is released.
    Holds(Vec<u8>),
}

#[derive(Default)]
struct Shared {
    behaviour: Mutex<Option<Behaviour>>,
    /// What is answered below `/.well-known/`, for the path it is answered at.
    metadata: Mutex<Option<(String, Vec<u8>)>>,
    changed: Condvar,
    requests: AtomicUsize,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
}

pub struct FakeIssuer {
    pub url: String,
    shared: Arc<Shared>,
}

impl FakeIssuer {
    /// Publishes `keys` at `/jwks`.
    pub fn start(keys: &[&SigningKey]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared::default());
        let issuer = Self { url, shared: Arc::clone(&shared) };
        issuer.publishes(keys);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || shared.serve(&mut stream.unwrap()));
            }
        });
        issuer
    }

    pub fn publishes(&self, keys: &[&SigningKey]) {
        self.answers(200, &key_set(keys));
    }

    pub fn answers(&self, status: u16, body: &str) {
        self.behaves(Behaviour::Answers(response(status, body)));
    }

    /// Sends these very bytes instead of a response.
    pub fn sends(&self, bytes: impl Into<Vec<u8>>) {
        self.behaves(Behaviour::Answers(bytes.into()));
    }

    /// Publishes metadata at `path`; `{url}` stands for this issuer's.
    pub fn describes_itself(&self, path: &str, metadata: &str) {
        let answer = response(200, &metadata.replace("{url}", &self.url));
        *self.shared.metadata.lock().unwrap() = Some((path.to_owned(), answer));
    }

    pub fn is_down(&self) {
        self.behaves(Behaviour::IsDown);
    }

    /// Lets requests wait until the next change of behaviour, then answers with these keys.
    pub fn is_slow_to_publish(&self, keys: &[&SigningKey]) {
        self.behaves(Behaviour::Holds(response(200, &key_set(keys))));
    }

    /// Requests that came in so far.
    pub fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::SeqCst)
    }

    pub fn in_flight(&self) -> usize {
        self.shared.in_flight.load(Ordering::SeqCst)
    }

    pub fn most_in_flight(&self) -> usize {
        self.shared.most_in_flight.load(Ordering::SeqCst)
    }

    fn behaves(&self, behaviour: Behaviour) {
        *self.shared.behaviour.lock().unwrap() = Some(behaviour);
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn serve(&self, stream: &mut TcpStream) {
        let Some(head) = read_head(stream) else { return };
        if head.contains("/.well-known/") {
            let metadata = self.metadata.lock().unwrap().clone();
            let found = metadata.filter(|(path, _)| head.starts_with(&format!("GET {path} ")));
            let answer = found.map_or_else(|| response(404, ""), |(_, answer)| answer);
            let _ = stream.write_all(&answer);
            return;
        }
        self.requests.fetch_add(1, Ordering::SeqCst);
        let now = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_in_flight.fetch_max(now, Ordering::SeqCst);
        let behaviour = self.behaviour.lock().unwrap().clone();
        let bytes = match behaviour {
            Some(Behaviour::Answers(bytes)) => bytes,
            Some(Behaviour::Holds(bytes)) => {
                let current = self.behaviour.lock().unwrap();
                let is_held =
                    |now: &mut Option<Behaviour>| matches!(now, Some(Behaviour::Holds(_)));
                drop(self.changed.wait_while(current, is_held).unwrap());
                bytes
            }
            Some(Behaviour::IsDown) | None => Vec::new(),
        };
        self.in_flight.fetch_sub(1, Ordering::SeqCst);
        // Whether the service listens to the end is its business.
        let _ = stream.write_all(&bytes);
        let _ = stream.shutdown(Shutdown::Both);
    }
}

fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return None,
        }
    }
    Some(String::from_utf8_lossy(&head).into_owned())
}

pub fn key_set(keys: &[&SigningKey]) -> String {
    let keys: Vec<_> = keys.iter().map(|key| key.jwk()).collect();
    json!({ "keys": keys }).to_string()
}

fn response(status: u16, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} Status\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )
    .into_bytes()
}
