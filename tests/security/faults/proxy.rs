//! A network between the service and Postgres that breaks.

use std::fs;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

use sihha_tests::temporary_dir;
use tempfile::TempDir;

const SOCKET: &str = ".s.PGSQL.5432";

/// Forwards connections to a server.
pub(super) struct Proxy {
    folder: TempDir,
    open: Arc<Mutex<Vec<[UnixStream; 2]>>>,
}

impl Proxy {
    /// Starts a proxy of the server with its socket in this folder.
    pub(super) fn start(server: PathBuf) -> Self {
        let folder = temporary_dir();
        let listener = UnixListener::bind(folder.path().join(SOCKET)).unwrap();
        for (path, mode) in [(folder.path().join(SOCKET), 0o777), (folder.path().to_owned(), 0o755)] {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }
        let open = Arc::new(Mutex::new(Vec::new()));
        let opened = Arc::clone(&open);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = UnixStream::connect(server.join(SOCKET)) else { continue };
                let copies = [&client, &server].map(|stream| stream.try_clone().unwrap());
                opened.lock().unwrap().push(copies);
                forward(&client, &server);
                forward(&server, &client);
            }
        });
        Self { folder, open }
    }

    /// Returns the connection string of a database for a role.
    pub(super) fn url(&self, role: &str, database: &str) -> String {
        format!("host={} user={role} dbname={database}", self.folder.path().display())
    }

    /// Breaks all connections. What was on its way is lost, in both directions.
    pub(super) fn cut(&self) {
        for stream in self.open.lock().unwrap().drain(..).flatten() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn forward(from: &UnixStream, to: &UnixStream) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    thread::spawn(move || {
        let mut buffer = [0; 8192];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            if to.write_all(&buffer[..length]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
}
