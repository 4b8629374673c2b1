//! One of two instances behind a reverse proxy stops. A proxy asks about the requests that it
//! forwards.
//!
//! `HAProxy` checks `/health/ready`. The free nginx checks nothing, and notices refused
//! connections.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use nix::sys::signal::Signal;
use serde_json::json;
use sihha_tests::{Client, TestDatabase, samples, temporary_dir};

use crate::process::{Process, Sihha, eventually};

/// Number of simultaneous clients, each with one connection to the proxy.
const CLIENTS: usize = 4;
/// Minimum number of rounds of requests that each client completes before the stop, and after it.
const ROUNDS: u32 = 20;

/// A proxy in front of two addresses. Killed when dropped.
struct Proxy {
    child: Child,
    address: SocketAddr,
}

impl Proxy {
    /// Starts `program`, which listens on `address`, and waits until it forwards.
    fn start(sihha: &Sihha, program: &str, arguments: &[&str], address: SocketAddr) -> Self {
        // Debian installs them outside of an ordinary user's PATH.
        let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
        let mut command = sihha.command_of(program);
        command.args(arguments).env("PATH", path);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("setpriv starts");
        let mut proxy = Self { child, address };
        let client = Client::new(address);
        eventually("a proxy that forwards (`scripts/setup haproxy nginx` installs both)", || {
            assert_eq!(proxy.child.try_wait().unwrap(), None, "{program} ended");
            let answer = client.try_post("/api/user/login", &json!({})).ok();
            answer.filter(|answer| answer.status == 400)
        });
        proxy
    }

    fn haproxy(sihha: &Sihha, instances: [String; 2]) -> Self {
        let [first, second] = instances;
        let address = free_address();
        let config = format!(
            "defaults
               mode http
               timeout connect 10s
               timeout client 1m
               timeout server 1m
               timeout check 10s
             frontend web
               bind {address}
               default_backend sihha
             backend sihha
               option httpchk GET /health/ready
               http-check expect status 200
               default-server check inter 20ms fall 1 rise 1
               server first {first}
               server second {second}\n"
        );
        let file = sihha.path().join("haproxy.cfg");
        fs::write(&file, config).unwrap();
        Self::start(sihha, "haproxy", &["-db", "-f", file.to_str().unwrap()], address)
    }

    fn nginx(sihha: &Sihha, instances: [String; 2]) -> Self {
        Self::nginx_with(sihha, instances, "")
    }

    /// Starts nginx with more `locations`.
    fn nginx_with(sihha: &Sihha, instances: [String; 2], locations: &str) -> Self {
        let [first, second] = instances;
        let address = free_address();
        let folder = sihha.path().join("nginx");
        fs::create_dir(&folder).unwrap();
        let config = format!(
            "daemon off;
             master_process off;
             pid nginx.pid;
             error_log stderr crit;
             events {{}}
             http {{
               access_log off;
               client_body_temp_path body;
               proxy_temp_path proxy;
               fastcgi_temp_path fastcgi;
               uwsgi_temp_path uwsgi;
               scgi_temp_path scgi;
               upstream sihha {{
                 server {first};
                 server {second};
                 keepalive 16;
                 # Shorter than the drain: nginx repeats no POST on a connection that the instance closes.
                 keepalive_timeout 500ms;
               }}
               server {{
                 listen {address};
                 location / {{
                   proxy_pass http://sihha;
                   proxy_http_version 1.1;
                   proxy_set_header Connection '';
                 }}
                 {locations}
               }}
             }}\n"
        );
        fs::write(folder.join("nginx.conf"), config).unwrap();
        Self::start(
            sihha,
            "nginx",
            &["-p", folder.to_str().unwrap(), "-c", "nginx.conf", "-e", "stderr"],
            address,
        )
    }
}

/// Returns a free address. Neither proxy can choose one and report it.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Logs in and reads the account until `stop`. Asserts that each response is 200.
fn send(client: &Client, email: &str, rounds: &AtomicU32, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let login = client.post("/api/user/login", &samples::login(email));
        assert_eq!(login.status, 200, "{}", login.text);
        let me = client.get_as(login.text_at("access"), "/api/me");
        assert_eq!(me.status, 200, "{}", me.text);
        rounds.fetch_add(1, Ordering::Relaxed);
    }
}

/// Returns the address of an instance, or `unix:` and the path of its socket.
fn address(instance: &Process) -> String {
    let line = instance.ready_line();
    let (_, rest) = line.split_once("API ").expect("a ready line");
    let address = rest.split_once(',').expect("an address").0;
    address.trim_start_matches("http://").trim_end_matches("/api").to_owned()
}

/// Stops one of two instances under load. They listen on these addresses.
fn stop_under_load(start: fn(&Sihha, [String; 2]) -> Proxy, listen: [&str; 2]) {
    let database = TestDatabase::new();
    let instances = listen.map(|listen| {
        let sihha = Sihha::on(&database).with("SIHHA_DRAIN", "1s").with("SIHHA_POOL_SIZE", "8");
        sihha.with("SIHHA_LISTEN", listen)
    });
    let [stopping, staying] = [0, 1].map(|number| instances[number].start(["serve"]));
    let front = Sihha::bare();
    let proxy = start(&front, [address(&stopping), address(&staying)]);
    // Logins of one account would revoke each other's sessions.
    let emails: [String; CLIENTS] = std::array::from_fn(|client| format!("patient{client}@example.com"));
    for email in &emails {
        let client = Client::new(proxy.address);
        assert_eq!(client.post("/api/user/register", &samples::patient(email)).status, 201);
    }

    let (rounds, stop) = ([const { AtomicU32::new(0) }; CLIENTS], AtomicBool::new(false));
    let every_client_has = |more: u32, before: &[u32]| {
        let past = |(now, before): (&AtomicU32, &u32)| now.load(Ordering::Relaxed) >= before + more;
        rounds.iter().zip(before).all(past).then_some(())
    };
    thread::scope(|scope| {
        let clients: Vec<_> = rounds
            .iter()
            .zip(&emails)
            .map(|(rounds, email)| {
                let (client, stop) = (Client::new(proxy.address), &stop);
                scope.spawn(move || send(&client, email, rounds, stop))
            })
            .collect();
        let is_over = || clients.iter().any(thread::ScopedJoinHandle::is_finished);
        let proceed = |more: u32| {
            let before: Vec<u32> = rounds.iter().map(|rounds| rounds.load(Ordering::Relaxed)).collect();
            eventually("responses for each client", || {
                if is_over() { Some(()) } else { every_client_has(more, &before) }
            });
        };
        proceed(ROUNDS);
        stopping.signal(Signal::SIGTERM);
        let stopped = stopping.finish();
        assert!(!stopped.stderr.contains("waiting connections"), "{stopped:?}");
        stopped.succeeded();
        proceed(ROUNDS);
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(Client::new(proxy.address).get("/health/ready").status, 200);
}

#[test]
fn behind_haproxy_no_request_fails_when_one_of_two_instances_stops() {
    stop_under_load(Proxy::haproxy, ["127.0.0.1:0"; 2]);
}

#[test]
fn behind_nginx_no_request_fails_when_one_of_two_instances_stops() {
    stop_under_load(Proxy::nginx, ["127.0.0.1:0"; 2]);
}

#[test]
fn behind_nginx_no_request_fails_when_one_of_two_instances_on_unix_sockets_stops() {
    let folder = temporary_dir();
    let sockets = ["first", "second"].map(|name| format!("unix:{}", folder.path().join(name).display()));
    stop_under_load(Proxy::nginx, [&sockets[0], &sockets[1]]);
}

#[test]
fn nginx_lets_through_who_has_the_role_and_tells_the_account() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let service = sihha.serve();
    let address = service.address();
    // As docs/gateways.md configures it, for an endpoint of the service itself.
    let locations = format!(
        "location /live {{
           auth_request /sihha-check;
           auth_request_set $user_id $upstream_http_x_user_id;
           add_header X-User-Id $user_id;
           proxy_pass http://sihha/health/live;
         }}
         location = /sihha-check {{
           internal;
           proxy_pass http://{address}/api/auth/check?role=user;
           proxy_pass_request_body off;
           proxy_set_header Content-Length '';
         }}"
    );
    let [patient, doctor] = ["user", "doctor"].map(|role| {
        let body = samples::registration(role, &format!("{role}@example.com"));
        service.post(&format!("/api/{role}/register"), &body)
    });
    let front = Sihha::bare();
    let proxy = Proxy::nginx_with(&front, [address.to_string(), address.to_string()], &locations);
    let client = Client::new(proxy.address);
    let answer = client.get_as(patient.text_at("access"), "/live?page=2");
    assert_eq!((answer.status, answer.header("X-User-Id")), (200, patient.text_at("id")));
    assert_eq!(client.get_as(doctor.text_at("access"), "/live").status, 403);
    assert_eq!(client.get("/live").status, 401);
}
