//! Reloads the key store periodically, on its own thread.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use super::key_ring::KeyRing;

/// A thread that keeps a [`KeyRing`] up to date. It ends when the value is dropped.
pub struct KeyWatcher {
    wake: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl KeyWatcher {
    /// Starts a thread that reloads the keys every `interval`.
    ///
    /// # Errors
    ///
    /// If the system cannot create a thread.
    pub fn start(keys: Arc<KeyRing>, interval: Duration) -> std::io::Result<Self> {
        let (wake, woken) = mpsc::channel();
        let watch = move || {
            let mut error = None;
            while woken.recv_timeout(interval) != Err(RecvTimeoutError::Disconnected) {
                error = reload(&keys, error.as_deref());
            }
        };
        let thread = std::thread::Builder::new().name("keys".to_owned()).spawn(watch)?;
        Ok(Self { wake: Some(wake), thread: Some(thread) })
    }

    /// Reloads the keys now.
    pub fn wake(&self) {
        if let Some(wake) = &self.wake {
            // An error means that the thread has ended.
            let _ = wake.send(());
        }
    }
}

impl Drop for KeyWatcher {
    fn drop(&mut self) {
        drop(self.wake.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Reloads the keys, and logs changes. Returns the error; an error like the `previous` one is not
/// logged again.
fn reload(keys: &KeyRing, previous: Option<&str>) -> Option<String> {
    match keys.reload() {
        Ok(changed) => {
            if previous.is_some() {
                tracing::info!("signing keys readable again");
            }
            if changed {
                tracing::info!("signing keys changed");
            }
            None
        }
        Err(error) => {
            let error = error.to_string();
            if previous != Some(&error) {
                tracing::warn!(error, "signing keys not reloaded; the previous ones stay in use");
            }
            Some(error)
        }
    }
}
