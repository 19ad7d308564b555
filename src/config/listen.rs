//! `[listen]` and `workers`: where requests come in.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::environment::Stage;
use super::reader::Section;
use super::setting::{Kind, Setting};

#[derive(Clone, Debug)]
pub struct ListenConfig {
    pub http: SocketAddr,
    /// HTTP worker threads.
    pub workers: usize,
}

pub const LISTEN: [Setting; 1] = [HTTP];
pub const TOP: [Setting; 1] = [WORKERS];

const HTTP: Setting = Setting {
    name: "http",
    kind: Kind::Address,
    default: "",
    meaning: "Address of the HTTP listener. Default: port 8080, on every interface in production, \
              on 127.0.0.1 in development. `PORT` sets it to `0.0.0.0:$PORT`.",
};
const WORKERS: Setting = Setting {
    name: "workers",
    kind: Kind::Whole { unit: "threads (0: one per core)", min: 0, max: 256 },
    default: "0",
    meaning: "HTTP worker threads.",
};

const DEFAULT_PORT: u16 = 8080;

pub fn read(root: &mut Section<'_>, stage: Stage) -> ListenConfig {
    let workers = match root.count(&WORKERS) {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        workers => workers,
    };
    let everywhere =
        if stage.is_production() { Ipv4Addr::UNSPECIFIED } else { Ipv4Addr::LOCALHOST };
    let mut section = root.section("listen");
    let http = section.address(&HTTP);
    section.finish();
    let http = http.unwrap_or(SocketAddr::new(IpAddr::V4(everywhere), DEFAULT_PORT));
    ListenConfig { http, workers }
}
