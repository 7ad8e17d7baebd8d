//! What a server says, written by a thread of its own: whoever stops reading (Ctrl-S, a pager, a collector that hangs) keeps no
//! device waiting. Lines that nobody takes are left out, and counted.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

/// How many lines wait for their reader.
const WAITING: usize = 1_000;

/// How long the last of them are waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where lines go. Clones go to the same place.
#[derive(Clone)]
pub(super) struct Lines {
    waiting: SyncSender<Line>,
    left_out: Arc<AtomicU64>,
}

enum Line {
    Said(Vec<u8>),
    /// All before it is written.
    Through(SyncSender<()>),
}

impl Lines {
    /// To standard output, in color where that is wanted.
    pub(super) fn out(json: bool) -> Self {
        Self::to(anstream::stdout(), json)
    }

    /// To standard error.
    pub(super) fn err(json: bool) -> Self {
        Self::to(io::stderr(), json)
    }

    fn to(out: impl Write + Send + 'static, json: bool) -> Self {
        let (waiting, lines) = sync_channel(WAITING);
        let left_out = Arc::new(AtomicU64::new(0));
        let missing = Arc::clone(&left_out);
        thread::spawn(move || write(&lines, &missing, json, out));
        Self { waiting, left_out }
    }

    pub(super) fn say(&self, line: impl Display) {
        self.push(format!("{line}\n").into_bytes());
    }

    fn push(&self, line: Vec<u8>) {
        if self.waiting.try_send(Line::Said(line)).is_err() {
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until all is written, unless nobody reads it.
    pub(super) fn flush(&self) {
        let (through, written) = sync_channel(1);
        if self.waiting.try_send(Line::Through(through)).is_ok() {
            // No answer: nobody reads.
            let _ = written.recv_timeout(PATIENCE);
        }
    }
}

/// A line at a time, as `tracing` writes them.
impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.push(line.to_vec());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// That a line cannot be written is no failure of the server.
fn write(lines: &Receiver<Line>, left_out: &AtomicU64, json: bool, mut out: impl Write) {
    for line in lines {
        let missing = left_out.swap(0, Ordering::Relaxed);
        if missing > 0 {
            let _ = out.write_all(omitted(missing, json).as_bytes());
        }
        match line {
            Line::Said(line) => {
                let _ = out.write_all(&line).and_then(|()| out.flush());
            }
            Line::Through(through) => {
                let _ = through.send(());
            }
        }
    }
}

fn omitted(lines: u64, json: bool) -> String {
    match json {
        true => format!("{}\n", serde_json::json!({"event": "omitted", "lines": lines})),
        false => format!("{lines} lines were left out here, since nobody read them\n"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, PoisonError};

    use super::*;

    /// Takes nothing until it is let.
    struct Stuck {
        let_go: Option<Receiver<()>>,
        written: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if let Some(let_go) = self.let_go.take() {
                let _ = let_go.recv();
            }
            self.written.lock().unwrap_or_else(PoisonError::into_inner).extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nobody_waits_for_who_does_not_read() {
        let (go, let_go) = sync_channel(1);
        let written = Arc::new(Mutex::new(Vec::new()));
        let stuck = Stuck { let_go: Some(let_go), written: Arc::clone(&written) };
        let lines = Lines::to(stuck, false);
        for number in 0..3 * WAITING {
            lines.say(number);
        }
        lines.flush();
        assert!(written.lock().unwrap().is_empty(), "nothing was read, and nobody was kept");
        go.send(()).unwrap();
        while lines.waiting.try_send(Line::Said(b"the next\n".to_vec())).is_err() {
            thread::yield_now();
        }
        lines.flush();
        let written = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        assert!(written.starts_with("0\n1\n2\n") && written.ends_with("the next\n"), "{written}");
        let kept = written.lines().filter(|line| line.parse::<usize>().is_ok()).count();
        let missing = format!("{} lines were left out here, since nobody read them\n", 3 * WAITING - kept);
        assert!(written.contains(&missing), "{missing}");
    }
}
