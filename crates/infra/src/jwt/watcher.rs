//! Reads the folder of keys again and again, off the requests' way.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use super::key_ring::KeyRing;

/// A thread that keeps a [`KeyRing`] up to date. It ends with the value.
pub struct KeyWatcher {
    wake: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl KeyWatcher {
    /// Reads again every `interval`.
    ///
    /// # Errors
    ///
    /// If the system gives no thread.
    pub fn start(keys: Arc<KeyRing>, interval: Duration) -> std::io::Result<Self> {
        let (wake, woken) = mpsc::channel();
        let watch = move || {
            let mut trouble = None;
            while woken.recv_timeout(interval) != Err(RecvTimeoutError::Disconnected) {
                trouble = reload(&keys, trouble.as_deref());
            }
        };
        let thread = std::thread::Builder::new().name("keys".to_owned()).spawn(watch)?;
        Ok(Self { wake: Some(wake), thread: Some(thread) })
    }

    /// Reads again now.
    pub fn wake(&self) {
        if let Some(wake) = &self.wake {
            // Nobody listens once the thread has ended.
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

/// Answers what is wrong with the folder. Each trouble is logged once.
fn reload(keys: &KeyRing, before: Option<&str>) -> Option<String> {
    match keys.reload() {
        Ok(changed) => {
            if before.is_some() {
                tracing::info!("the signing keys can be read again");
            }
            if changed {
                tracing::info!("the signing keys have changed");
            }
            None
        }
        Err(error) => {
            let trouble = error.to_string();
            if before != Some(&trouble) {
                tracing::warn!(
                    error = trouble,
                    "the signing keys cannot be read again; those read before stay"
                );
            }
            Some(trouble)
        }
    }
}
