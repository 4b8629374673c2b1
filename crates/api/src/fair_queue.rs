//! A bounded queue in which no account delays the others.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Waiting jobs, in one lane per key. Lanes take turns, so a key with many jobs delays another key
/// by one job at a time. A key may occupy only a share of the threads and of the queue.
pub(crate) struct FairQueue<K, T> {
    state: Mutex<State<K, T>>,
    /// Signals each turn, and the close.
    turn: Condvar,
    /// Maximum number of waiting jobs, in addition to one per idle thread.
    capacity: usize,
    /// Maximum number of waiting jobs of one key.
    capacity_of_key: usize,
    /// Maximum number of running jobs of one key.
    running_of_key: usize,
}

struct State<K, T> {
    lanes: HashMap<K, Lane<T>>,
    /// Keys whose next job may be taken, each once.
    turns: VecDeque<K>,
    waiting: usize,
    /// Threads that wait for a turn.
    idle: usize,
    is_closed: bool,
}

struct Lane<T> {
    waiting: VecDeque<T>,
    running: usize,
    has_turn: bool,
}

impl<K: Clone + Eq + Hash, T> State<K, T> {
    /// Gives `key` a turn if it has waiting jobs and fewer than `limit` running ones. Returns
    /// whether it did.
    fn give_turn(&mut self, key: &K, limit: usize) -> bool {
        let Some(lane) = self.lanes.get_mut(key) else { return false };
        if lane.has_turn || lane.waiting.is_empty() || lane.running >= limit {
            return false;
        }
        lane.has_turn = true;
        self.turns.push_back(key.clone());
        true
    }
}

impl<K: Clone + Eq + Hash, T> FairQueue<K, T> {
    /// Creates a queue for `threads` threads, in which `capacity` jobs may wait. One key may use
    /// half of both, and at least one.
    pub(crate) fn new(threads: usize, capacity: usize) -> Self {
        let lanes = HashMap::new();
        let state = State { lanes, turns: VecDeque::new(), waiting: 0, idle: 0, is_closed: false };
        Self {
            state: Mutex::new(state),
            turn: Condvar::new(),
            capacity,
            capacity_of_key: (capacity / 2).max(1),
            running_of_key: (threads / 2).max(1),
        }
    }

    fn state(&self) -> MutexGuard<'_, State<K, T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds `work` to the lane of `key`. Returns whether there was room.
    pub(crate) fn push(&self, key: &K, work: T) -> bool {
        let mut state = self.state();
        if state.waiting >= self.capacity + state.idle {
            return false;
        }
        let lane = state.lanes.entry(key.clone()).or_insert_with(|| Lane {
            waiting: VecDeque::new(),
            running: 0,
            has_turn: false,
        });
        if lane.waiting.len() >= self.capacity_of_key {
            return false;
        }
        lane.waiting.push_back(work);
        state.waiting += 1;
        if state.give_turn(key, self.running_of_key) {
            self.turn.notify_one();
        }
        true
    }

    /// Waits for the next job and returns it. The caller must report when it is [done](Self::done).
    /// Returns `None` when the queue is closed and empty.
    pub(crate) fn take(&self) -> Option<(K, T)> {
        let mut state = self.state();
        loop {
            if let Some(key) = state.turns.pop_front() {
                // A key with a turn has a lane with a job.
                let Some(lane) = state.lanes.get_mut(&key) else { continue };
                let work = lane.waiting.pop_front();
                lane.has_turn = false;
                lane.running += usize::from(work.is_some());
                let Some(work) = work else { continue };
                state.waiting -= 1;
                if state.give_turn(&key, self.running_of_key) {
                    self.turn.notify_one();
                }
                return Some((key, work));
            }
            if state.is_closed && state.waiting == 0 {
                return None;
            }
            state.idle += 1;
            state = self.turn.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }

    /// Notes that a job of `key` is done.
    pub(crate) fn done(&self, key: &K) {
        let mut state = self.state();
        if let Some(lane) = state.lanes.get_mut(key) {
            lane.running -= 1;
            if lane.running == 0 && lane.waiting.is_empty() {
                state.lanes.remove(key);
            }
        }
        if state.give_turn(key, self.running_of_key) {
            self.turn.notify_one();
        }
        if state.is_closed {
            self.turn.notify_all();
        }
    }

    /// Closes the queue: threads end when no job waits.
    pub(crate) fn close(&self) {
        self.state().is_closed = true;
        self.turn.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes all jobs that may be taken now.
    fn taken(queue: &FairQueue<char, u32>) -> Vec<(char, u32)> {
        std::iter::from_fn(|| if queue.state().turns.is_empty() { None } else { queue.take() }).collect()
    }

    #[test]
    fn one_key_is_taken_in_its_order_up_to_its_share_of_the_threads() {
        let queue = FairQueue::new(4, 100);
        assert!((1..=5).all(|number| queue.push(&'a', number)));
        assert!(queue.push(&'b', 1));
        assert_eq!(taken(&queue), [('a', 1), ('b', 1), ('a', 2)]);
        queue.done(&'b');
        assert_eq!(taken(&queue), [], "the others of its key wait");
        queue.done(&'a');
        assert_eq!(taken(&queue), [('a', 3)]);
    }

    #[test]
    fn keys_take_turns_also_on_one_thread() {
        let queue = FairQueue::new(1, 100);
        for (key, number) in [('a', 1), ('a', 2), ('a', 3), ('b', 1), ('c', 1)] {
            assert!(queue.push(&key, number));
        }
        let mut order = Vec::new();
        for _ in 0..5 {
            let (key, number) = queue.take().unwrap();
            order.push((key, number));
            queue.done(&key);
        }
        assert_eq!(order, [('a', 1), ('b', 1), ('c', 1), ('a', 2), ('a', 3)]);
    }

    #[test]
    fn one_key_fills_half_of_the_queue_at_most() {
        let queue = FairQueue::new(1, 4);
        assert!(queue.push(&'a', 0));
        assert!(queue.take().is_some());
        assert_eq!([1, 2, 3].map(|number| queue.push(&'a', number)), [true, true, false]);
        assert!(queue.push(&'b', 1) && queue.push(&'c', 1));
        assert!(!queue.push(&'d', 1), "the queue is full");
    }

    #[test]
    fn what_is_done_is_forgotten() {
        let queue = FairQueue::new(1, 4);
        assert!(queue.push(&'a', 1));
        let (key, _) = queue.take().unwrap();
        queue.done(&key);
        assert!(queue.state().lanes.is_empty());
    }

    #[test]
    fn a_closed_queue_is_emptied_first() {
        let queue = FairQueue::new(1, 4);
        assert!(queue.push(&'a', 1));
        queue.close();
        assert_eq!(queue.take(), Some(('a', 1)));
        queue.done(&'a');
        assert_eq!(queue.take(), None);
    }
}
