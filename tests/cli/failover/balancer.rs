//! `HAProxy` in front of two servers. Its health check finds the primary.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::pair::Pair;
use crate::process::{Sihha, eventually};

/// Sends all connections to the first server, and after [`Self::send_to_second`] to the second.
/// Killed when dropped.
pub(super) struct Balancer {
    place: Sihha,
    child: Child,
    /// Whether the second server is the primary.
    is_second: Arc<AtomicBool>,
}

impl Balancer {
    /// Starts it as in `docs/operations.md`, with shorter intervals. `shuts_sessions` closes the
    /// connections to a server that is down.
    pub(super) fn start(pair: &Pair, shuts_sessions: bool) -> Self {
        let place = Sihha::bare();
        let is_second = Arc::new(AtomicBool::new(false));
        let [first, second] = [false, true].map(|is_second_server| {
            let is_second = Arc::clone(&is_second);
            answer_checks(move || is_second.load(Ordering::Relaxed) == is_second_server)
        });
        let on_down = if shuts_sessions { "on-marked-down shutdown-sessions" } else { "" };
        let config = format!(
            "listen postgres
               bind unix@{}
               mode tcp
               timeout connect 2s
               timeout client 30m
               timeout server 30m
               timeout check 1s
               retries 0
               option httpchk GET /primary
               http-check expect status 200
               default-server check inter 50ms fall 2 rise 1 {on_down}
               server first unix@{} addr 127.0.0.1 port {first}
               server second unix@{} addr 127.0.0.1 port {second}\n",
            place.path().join(".s.PGSQL.5432").display(),
            pair.first().socket().display(),
            pair.second().socket().display(),
        );
        let file = place.path().join("haproxy.cfg");
        fs::write(&file, config).unwrap();
        let mut command = place.command_of("haproxy");
        // Debian installs it outside of an ordinary user's PATH.
        command.env("PATH", format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default()));
        command.arg("-db").arg("-f").arg(file);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let balancer = Self { place, child, is_second };
        let socket = balancer.place.path().join(".s.PGSQL.5432");
        eventually("a balancer that listens", || UnixStream::connect(&socket).ok());
        balancer
    }

    pub(super) fn url(&self) -> String {
        format!("host={} user=sihha dbname=sihha", self.place.path().display())
    }

    pub(super) fn send_to_second(&self) {
        self.is_second.store(true, Ordering::Relaxed);
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Answers 200 while `is_primary` returns true, else 503, as Patroni does. Returns the port.
fn answer_checks(is_primary: impl Fn() -> bool + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut checker in listener.incoming().flatten() {
            let status = if is_primary() { "200 OK" } else { "503 Service Unavailable" };
            // The request is small enough to arrive in one piece.
            let _ = checker.read(&mut [0; 1024]);
            let _ = write!(checker, "HTTP/1.0 {status}\r\n\r\n");
        }
    });
    port
}
