//! Restores over a network that does all that networks do: what ends as it should is the whole restore, and what lies on disk too.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use http::{Response, request::Parts};
use openrosa_http::api::restore::{Pending, Progress, Request, gone_astray, write_head};
use openrosa_http::client::{Client, Error};
use openrosa_http::transport::hyper::Hyper;
use openrosa_tests::faults::{Fault, SAME_HOST};
use openrosa_xml::StateHash;
use openrosa_xml::restore::RestoreItem;
use url::Url;

use super::{Dice, site::Site};

/// How many schedules are tried.
const SCHEDULES: u64 = 1_000;

/// What a server holds for a device.
#[derive(Clone, Default)]
struct Held {
    full: Bytes,
    newer: Bytes,
    /// How often it is still at work when it is asked.
    pending: u64,
    /// Whether it finds that the device has gone astray.
    astray: bool,
}

impl Held {
    fn new(number: u64, dice: &mut Dice) -> Self {
        let most = dice.one_of(&[3, 40, 40, 40, 40, 40, 40, 500]);
        Self {
            full: restore(&format!("full-{number}"), dice.size(most)).into(),
            newer: restore(&format!("newer-{number}"), dice.size(most)).into(),
            pending: dice.below(3) / 2,
            astray: dice.below(3) == 0,
        }
    }

    fn answer(&mut self, asked: &Parts) -> Response<Bytes> {
        let (is_later, now) = (Request::read(asked).since.is_some(), SystemTime::now());
        if self.pending > 0 {
            self.pending -= 1;
            let progress = Progress { done: 1, total: 2 };
            let pending = Pending { after: Duration::from_secs(1), progress };
            return pending.write("Working on it", now).expect("it can be written");
        }
        match (is_later, self.astray) {
            (true, true) => gone_astray("No such sync log").write(now).expect("it can be written"),
            (true, false) => write_head(None, now).map(|()| self.newer.clone()),
            (false, _) => write_head(None, now).map(|()| self.full.clone()),
        }
    }

    /// What a device must get in the end, and whether it starts over with it.
    fn meant_for(&self, asked: &Request) -> (Bytes, bool) {
        let is_later = asked.since.is_some();
        (
            if is_later && !self.astray { self.newer.clone() } else { self.full.clone() },
            is_later && self.astray,
        )
    }
}

/// A restore with so many cases. Behind its last tag there is nothing: without it, nobody could miss it in HTTP/1.0.
fn restore(token: &str, cases: usize) -> String {
    let case = |number| {
        format!(
            "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='c{number}' user_id='u' \
             date_modified='2024-05-01T10:00:00Z'><update><village>Kibaha {number}</village></update></case>\n"
        )
    };
    let cases: String = (0..cases).map(case).collect();
    format!(
        "<?xml version='1.0' encoding='UTF-8'?>\n<OpenRosaResponse xmlns='http://openrosa.org/http/response'>\
         <message nature='ota_restore_success'>Karibu, Zoë</message>\
         <Sync xmlns='http://commcarehq.org/sync'><restore_id>{token}</restore_id></Sync>{cases}</OpenRosaResponse>"
    )
}

/// The tokens and cases that are in a restore, as text shows them.
fn ids(document: &str) -> Vec<String> {
    let between = |text: &str, end| text.split(end).next().map(str::to_owned);
    let token = document.split("<restore_id>").nth(1).and_then(|rest| between(rest, '<'));
    token
        .into_iter()
        .chain(document.split("case_id='").skip(1).filter_map(|rest| between(rest, '\'')))
        .collect()
}

/// A device that asks for a restore, and what it must get.
struct Device<'d> {
    client: Client<Hyper>,
    url: Url,
    asked: Request,
    expected: (Bytes, bool),
    folder: &'d Path,
    saves: bool,
}

impl Device<'_> {
    fn place(&self) -> PathBuf {
        self.folder.join("restore.xml")
    }

    /// One attempt. Patience has an end at once: when to ask again is for the caller to decide.
    async fn attempt(&self) -> Result<(), Error> {
        match self.saves {
            true => self.save().await,
            false => self.take().await,
        }
    }

    async fn take(&self) -> Result<(), Error> {
        let mut restore =
            self.client.restore_or_start_over(&self.url, &self.asked, Duration::ZERO, |_| ()).await?;
        let mut taken = Vec::new();
        loop {
            match restore.next().await {
                Ok(Some(item)) => match item.value {
                    RestoreItem::SyncToken(sync) => {
                        taken.push(sync.restore_id().unwrap_or_default().into_owned());
                    }
                    RestoreItem::Case(case) => taken.push(case.case_id.unwrap_or_default().to_string()),
                    _ => {}
                },
                Ok(None) => break,
                Err(error) => {
                    assert!(
                        !restore.is_whole() && restore.next().await.is_err(),
                        "an error is the end: {error}"
                    );
                    return Err(error);
                }
            }
        }
        assert_eq!(taken, ids(&String::from_utf8_lossy(&self.expected.0)), "whole, and something is missing");
        assert!(restore.is_whole() && restore.starts_over() == self.expected.1);
        Ok(())
    }

    async fn save(&self) -> Result<(), Error> {
        let before = fs::read(self.place()).ok();
        let outcome = self.fetch_into_place().await;
        let after = fs::read(self.place()).ok();
        match &outcome {
            Ok(()) => {
                assert!(after.is_some_and(|after| after == self.expected.0), "saved, and not what was sent")
            }
            Err(error) => assert!(after == before, "what was there stays: {error}"),
        }
        let left = fs::read_dir(self.folder).expect("a folder").count();
        assert!(left == usize::from(self.place().exists()), "nothing else is left");
        outcome
    }

    async fn fetch_into_place(&self) -> Result<(), Error> {
        let restore =
            self.client.restore_or_start_over(&self.url, &self.asked, Duration::ZERO, |_| ()).await?;
        let saved = restore.save(&self.place(), |_| ()).await?;
        assert_eq!(saved.starts_over, self.expected.1);
        assert_eq!(saved.token.as_ref(), ids(&String::from_utf8_lossy(&self.expected.0)).first());
        Ok(())
    }
}

/// S-071, S-072, S-073, S-074, S-076, S-077: whatever a network does, a restore is whole or an error, and credentials go to nobody else.
#[test]
fn no_network_makes_half_a_restore_a_whole_one() {
    let held = Arc::<Mutex<Held>>::default();
    let holds = Arc::clone(&held);
    let site = Site::new(move |asked| holds.lock().expect("no panic").answer(asked));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    for number in 0..SCHEDULES {
        let mut dice = Dice(number);
        let now = Held::new(number, &mut dice);
        let asked = match dice.flip() {
            true => Request::new(),
            false => Request::new().holding("0f3c", &StateHash::from_digest("409c")),
        };
        let mut faults = dice.faults(6, now.full.len() + 300);
        if dice.below(8) == 0 {
            faults.push(Fault::Elsewhere(307, SAME_HOST));
        }
        let folder = tempfile::tempdir().expect("a folder");
        let device = Device {
            client: site.client(&mut dice),
            url: site.url("/a/demo/phone/restore/"),
            expected: now.meant_for(&asked),
            asked,
            folder: folder.path(),
            saves: dice.flip(),
        };
        if dice.flip() {
            fs::write(device.place(), "the restore before").expect("a file");
        }
        *held.lock().expect("no panic") = now;
        runtime.block_on(site.insist(&faults, async || device.attempt().await));
    }
    assert_eq!(site.strayed(), 0, "a restore is asked for at its own host only");
}
