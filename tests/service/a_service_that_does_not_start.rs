//! The real binary: what it says when it cannot start, and how it ends when it can.

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use crate::harness::{AUDIENCE, FakeIssuer, SigningKey};

fn assay(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    command.args(arguments).env_clear().envs(variables.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String) {
    let Output { status, stderr, .. } = assay(arguments, variables).output().unwrap();
    (status.code().unwrap(), String::from_utf8(stderr).unwrap())
}

/// Ends with the test that started it.
struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Reads standard output until a line has `text`.
    fn says(&mut self, text: &str) -> String {
        let line = self.lines.find_map(|line| line.ok().filter(|line| line.contains(text)));
        line.expect("it ended early")
    }

    fn asked_to_end(&mut self, signal: &str) -> i32 {
        let id = self.child.id().to_string();
        assert!(
            Command::new("sh")
                .args(["-c", &format!("kill {signal} {id}")])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap().code().unwrap()
    }
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

fn status(port: u16, path: &str) -> u16 {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_refused_configuration_is_exit_code_2_with_every_problem_a_line() {
    let (code, told) = run(
        &["serve"],
        &[
            ("ENVIRONMENT", "production"),
            ("FASTMCP_SERVER_AUTH_JWT_ISSUER", "http://issuer.example"),
            ("FASTMCP_SERVER_AUTH_JWT_CLOCK_SKEW", "900"),
            ("ASSAY_LOG__LEVL", "info"),
            ("ASSAY_CACHE__ENTRIES", "-1"),
            ("PORT", "http"),
        ],
    );
    assert_eq!(code, 2);
    assert_eq!(told.lines().count(), 5, "{told}");
    assert!(told.contains("PORT: is not a port number"), "{told}");
}

#[test]
fn a_missing_file_and_a_wrong_argument_are_told() {
    let (code, told) = run(&[], &[("ASSAY_CONFIG", "/nonexistent/assay.toml")]);
    assert_eq!((code, told.lines().count()), (2, 1), "{told}");
    assert_eq!(run(&["sevre"], &[]).0, 2);
}

#[test]
fn a_taken_port_is_a_clear_error() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, told) = run(&["dev", "--port", &port], &[]);
    assert_eq!(code, 1);
    assert!(told.contains("another process has this port"), "{told}");
}

#[test]
fn the_variables_of_the_python_verifier_alone_give_a_working_service() {
    let key = SigningKey::rs256("k1");
    let issuer = FakeIssuer::start(&[&key]);
    let port = free_port();
    let mut service = Running::start(&mut assay(
        &["serve"],
        &[
            ("ENVIRONMENT", "development"),
            ("FASTMCP_SERVER_AUTH_TYPE", "jwt"),
            ("FASTMCP_SERVER_AUTH_JWT_JWKS_URI", &format!("{}/jwks", issuer.url)),
            ("FASTMCP_SERVER_AUTH_JWT_ISSUER", &issuer.url),
            ("FASTMCP_SERVER_AUTH_JWT_AUDIENCE", AUDIENCE),
            ("PORT", &port.to_string()),
        ],
    ));
    service.says("keys loaded");
    assert_eq!(status(port, "/health/ready"), 200);
    assert_eq!(status(port, "/verify"), 401);
    assert_eq!(service.asked_to_end("-TERM"), 0);
}

#[test]
fn dev_shows_a_token_that_passes_and_ends_cleanly() {
    let port = free_port();
    let mut service = Running::start(&mut assay(&["dev", "--port", &port.to_string()], &[]));
    let commands: Vec<_> = (0..4).map(|_| service.says("  curl ")).collect();
    let statuses: Vec<_> = commands.iter().map(|command| curl(port, command)).collect();
    assert_eq!(statuses, [200, 401, 401, 403]);
    assert_eq!(service.asked_to_end("-INT"), 0);
}

/// Does what the printed `curl` line does.
fn curl(port: u16, command: &str) -> u16 {
    let header = command.split('"').nth(1).map_or_else(String::new, |line| format!("{line}\r\n"));
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let request = format!("GET /verify HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{header}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}
