//! What is asked for, in all that its answer depends on.

use openrosa_case::{purge::Spread, sync::SyncLog};
use openrosa_http::{
    headers::{Announced, Version as Spoken},
    server::{Caller, RestoreCall},
};
use openrosa_xml::{StateHash, restore::Version};
use sha2::{Digest as _, Sha256};
use sqlx::AnyConnection;

use super::sync_logs;
use crate::{
    error::Error,
    server::{Domain, User, users::Group},
};

/// A restore that somebody asks for.
pub(in crate::server) struct Question {
    pub(in crate::server) domain: Domain,
    pub(in crate::server) user: User,
    pub(super) groups: Vec<Group>,
    pub(in crate::server) since: Option<String>,
    state: Option<String>,
    pub(in crate::server) device: Option<String>,
    pub(super) version: Version,
    pub(super) counts_items: bool,
    /// Whether fixtures may be left out. The groups never are, by which a device knows whose cases to keep (S-044), and there are
    /// no others.
    skips_fixtures: bool,
    /// Whether it is to be made anew, whatever is there.
    pub(in crate::server) overwrites: bool,
    /// Whether one restore is for one asker: who wants it made anew, and who does not say which device asks. Two devices of one
    /// user that had the same token would have the same log, and one would never hear of what the other does (S-094, S-095).
    pub(in crate::server) is_given_once: bool,
    /// A name for all of this: who asks the same may be given the same.
    pub(in crate::server) asked: String,
    /// The name of the same for who does not want it made anew.
    pub(in crate::server) plain: String,
}

impl Question {
    pub(super) fn new(
        domain: Domain,
        user: User,
        groups: Vec<Group>,
        call: &RestoreCall,
        caller: &Caller,
    ) -> Self {
        let asked = &call.asked;
        let device = asked.device_id.clone().or_else(|| caller.device_id.clone());
        let is_given_once = asked.overwrite_cache || device.as_deref().is_none_or(str::is_empty);
        let mut question = Self {
            domain,
            user,
            groups,
            since: asked.since.clone(),
            state: asked.state.clone(),
            device,
            version: call.payload,
            counts_items: asked.items,
            skips_fixtures: asked.skip_fixtures,
            overwrites: asked.overwrite_cache,
            is_given_once,
            asked: String::new(),
            plain: String::new(),
        };
        question.plain = question.name(false, caller, call.spoken);
        question.asked = question.name(asked.overwrite_cache, caller, call.spoken);
        question
    }

    /// Everything that changes the bytes, or may change them one day: unlike at CommCare HQ, the arguments too (S-100).
    fn name(&self, overwrites: bool, caller: &Caller, spoken: Announced) -> String {
        let groups = self.groups.iter().map(|group| (&group.group_id, &group.name)).collect::<Vec<_>>();
        let user = (self.user.user_id.as_str(), &self.user.username, &self.user.data);
        let all = serde_json::json!([
            self.domain.number,
            user,
            self.user.joined_at.timestamp_micros(),
            groups,
            self.since,
            self.device,
            format!("{:?}", self.version),
            self.counts_items,
            self.skips_fixtures,
            caller.app_id,
            class(spoken),
            overwrites,
        ]);
        Sha256::digest(all.to_string()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// What the device is believed to hold; or why it should start over.
    pub(in crate::server) async fn log(
        &self,
        tx: &mut AnyConnection,
    ) -> Result<Result<Option<SyncLog>, String>, Error> {
        let Some(token) = self.since.as_deref() else { return Ok(Ok(None)) };
        let found = sync_logs::find(tx, &self.domain, &self.user.user_id, token).await?;
        let Some(mut log) = found else { return Ok(Err("there is no such sync log".to_owned())) };
        let state = self.state.as_deref().and_then(StateHash::parse);
        let agreed = log.agree(state.as_ref().map(|state| state.digest()), Spread::Whole);
        Ok(agreed.map(|()| Some(log)).map_err(|disagreement| disagreement.to_string()))
    }
}

/// What the version that a device speaks decides (T-22): whether it has one, and whether it is from 2.0, 2.1 or 3.0 on.
fn class(spoken: Announced) -> &'static str {
    match spoken {
        Announced::Version(version) if version >= Spoken::COMMCARE_3 => "3.0",
        Announced::Version(version) if version >= Spoken::new(2, 1) => "2.1",
        Announced::Version(version) if version >= Spoken::COMMCARE_2 => "2.0",
        Announced::Version(_) => "1.0",
        Announced::Absent => "absent",
        Announced::Unreadable => "unreadable",
    }
}
