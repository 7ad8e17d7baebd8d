//! What a server says, written by a thread of its own: whoever stops reading (Ctrl-S, a pager, a collector that hangs) keeps no
//! device waiting. Lines that nobody takes are left out, and counted.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::page::inert;

/// How many lines wait for their reader.
const WAITING: usize = 8_192;

/// How long the last of them are waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where lines go. Clones go to the same place.
#[derive(Clone)]
pub(super) struct Lines {
    waiting: SyncSender<Line>,
    left_out: Arc<AtomicU64>,
    json: bool,
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
        thread::spawn(move || write(&lines, out));
        Self { waiting, left_out: Arc::default(), json }
    }

    pub(super) fn say(&self, line: impl Display) {
        self.push(format!("{}\n", inert(&line.to_string())).into_bytes());
    }

    fn push(&self, line: Vec<u8>) {
        if !self.has_told_what_is_missing() || self.waiting.try_send(Line::Said(line)).is_err() {
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// In the place where it is missing.
    fn has_told_what_is_missing(&self) -> bool {
        let lines = self.left_out.swap(0, Ordering::Relaxed);
        let told = match lines {
            0 => return true,
            _ if self.json => format!("{}\n", serde_json::json!({"event": "omitted", "lines": lines})),
            _ => format!("{lines} lines were left out here, since nobody read them\n"),
        };
        let is_told = self.waiting.try_send(Line::Said(told.into_bytes())).is_ok();
        if !is_told {
            self.left_out.fetch_add(lines, Ordering::Relaxed);
        }
        is_told
    }

    /// Waits until all is written, unless nobody reads it.
    pub(super) fn flush(&self) {
        let until = Instant::now() + PATIENCE;
        let (through, written) = sync_channel(1);
        while !self.has_told_what_is_missing()
            || self.waiting.try_send(Line::Through(through.clone())).is_err()
        {
            if Instant::now() > until {
                return;
            }
            thread::sleep(PATIENCE / 100);
        }
        // No answer: nobody reads.
        let _ = written.recv_timeout(until.saturating_duration_since(Instant::now()));
    }
}

/// A line at a time, as `tracing` writes them.
impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.push(inert(&String::from_utf8_lossy(line)).into_owned().into_bytes());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// That a line cannot be written is no failure of the server.
fn write(lines: &Receiver<Line>, mut out: impl Write) {
    for line in lines {
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
        // Until there is room again, flushing is in vain.
        while !written.lock().unwrap().ends_with(b"read them\n") {
            lines.flush();
        }
        lines.say("the next");
        lines.flush();
        let written = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        let notice = " lines were left out here, since nobody read them";
        let (kept, missing) = (
            written.lines().filter(|line| line.parse::<usize>().is_ok()).count(),
            written
                .lines()
                .filter_map(|line| line.strip_suffix(notice)?.parse::<usize>().ok())
                .sum::<usize>(),
        );
        assert!(kept >= WAITING && written.starts_with("0\n1\n2\n"), "{kept}");
        assert_eq!(kept + missing, 3 * WAITING, "whatever is left out is told");
        assert!(written.ends_with("read them\nthe next\n"), "in its place");
    }
}
