//! A database whose disk lost what was not yet safe when the power went.

use std::{fs, path::Path};

use super::{
    numbered::{below, held, killed_after, pace, part_of, times},
    run,
};

/// The files of a database at one moment: between two writes of the process, since it is dead.
struct Copy {
    database: Vec<u8>,
    log: Vec<u8>,
}

/// What is left of the log.
#[derive(Debug)]
enum Loss {
    /// So many bytes.
    Cut(usize),
    /// All of it, but for a sector here, of which other bytes are there.
    Torn(usize),
}

/// A frame of the log: <https://www.sqlite.org/fileformat2.html#wal_file_format>.
struct Frame<'a> {
    page: usize,
    ends_transaction: bool,
    content: &'a [u8],
    end: usize,
}

const SECTOR: usize = 512;

impl Copy {
    fn of(database: &Path) -> Self {
        let read = |path: &Path| fs::read(path).unwrap_or_default();
        Self { database: read(database), log: read(&database.with_file_name("device.db-wal")) }
    }

    fn number(&self, at: usize) -> usize {
        let bytes = self.log[at..at + 4].try_into().unwrap();
        usize::try_from(u32::from_be_bytes(bytes)).unwrap()
    }

    /// The frames that belong to the log: those behind them are left over from an earlier one.
    fn frames(&self) -> Vec<Frame<'_>> {
        if self.log.len() < 32 {
            return Vec::new();
        }
        let (page_size, salts) = (self.number(8), &self.log[16..24]);
        let starts = (32..self.log.len()).step_by(24 + page_size);
        let frame = |start: usize| {
            let end = start + 24 + page_size;
            let content = self.log.get(start + 24..end)?;
            let is_of_log = self.log[start + 8..start + 16] == *salts;
            let (page, size) = (self.number(start), self.number(start + 4));
            is_of_log.then_some(Frame { page, ends_transaction: size > 0, content, end })
        };
        starts.map_while(frame).collect()
    }

    /// How much of the log is safe: all that SQLite relies on. That is the last transaction too, from the moment on when its
    /// pages go from the log into the database; until then, perhaps not.
    fn safe(&self) -> usize {
        let frames = self.frames();
        let ends: Vec<usize> = (0..frames.len()).filter(|&at| frames[at].ends_transaction).collect();
        let Some((last, before)) = ends.split_last() else { return 0 };
        let first = before.last().map_or(0, |end| end + 1);
        match frames[first..=*last].iter().any(|frame| self.is_in_database(frame)) {
            true => frames[*last].end,
            false => first.checked_sub(1).map_or(0, |end| frames[end].end),
        }
    }

    fn is_in_database(&self, frame: &Frame<'_>) -> bool {
        let start = (frame.page - 1) * frame.content.len();
        self.database.get(start..start + frame.content.len()) == Some(frame.content)
    }

    /// A loss by chance, as often as not close to where the last transaction ends.
    fn loss(&self) -> Loss {
        let safe = self.safe();
        let unsafe_bytes = (self.log.len() - safe) as u64;
        let at = safe + usize::try_from(below(unsafe_bytes + 1)).unwrap();
        let at = match below(2) {
            0 => at,
            _ => {
                let end =
                    self.frames().iter().rfind(|frame| frame.ends_transaction).map_or(at, |frame| frame.end);
                end.saturating_sub(usize::try_from(below(5000)).unwrap()).max(safe)
            }
        };
        if below(3) == 0 { Loss::Torn(at) } else { Loss::Cut(at) }
    }

    fn lay_out(&self, folder: &Path, loss: Option<&Loss>) {
        let mut log = self.log.clone();
        match loss {
            None => {}
            Some(Loss::Cut(length)) => log.truncate(*length),
            Some(Loss::Torn(at)) => {
                let end = log.len().min(at + SECTOR);
                log[*at..end].fill(u8::try_from(below(256)).unwrap());
            }
        }
        fs::write(folder.join("device.db"), &self.database).unwrap();
        fs::write(folder.join("device.db-wal"), log).unwrap();
    }
}

async fn after(copy: &Copy, loss: Option<&Loss>) -> u32 {
    let folder = tempfile::tempdir().unwrap();
    copy.lay_out(folder.path(), loss);
    held(&folder.path().join("device.db")).await
}

/// Whatever of the log was not safe yet is lost, in the middle of a frame or of a sector: the database holds a whole restore.
///
/// `OPENROSA_POWER_CUTS` says at how many moments.
#[test]
fn a_power_cut_leaves_a_whole_state() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("device.db");
    // The tables are made, so that there is something to lose.
    let pace = pace();
    while killed_after(pace, &path).is_none() {}
    let moments = times("OPENROSA_POWER_CUTS", 12);
    let (mut losses, mut lost) = (0, 0);
    for _ in 0..moments {
        killed_after(pace / 8 + part_of(pace), &path);
        let copy = Copy::of(&path);
        let number = run(after(&copy, None));
        for _ in 0..4 {
            let loss = copy.loss();
            let left = run(after(&copy, Some(&loss)));
            assert!(
                left == number || left + 1 == number,
                "{loss:?} of {} bytes: {left} instead of {number}",
                copy.log.len()
            );
            (losses, lost) = (losses + 1, lost + number - left);
        }
    }
    println!("{losses} losses at {moments} moments; {lost} of them took the last restore with them");
    assert!(lost > 0, "nothing was ever lost");
}
