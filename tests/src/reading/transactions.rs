//! Users, stock and blocks of Case XML 1.0 as text.

use std::fmt::Write as _;

use openrosa_xml::{
    Profile,
    case::legacy::Referral,
    instance::{FoundLedger, FoundLegacyCase},
    ledger::{Ledger, Sheet},
    registration::Registration,
};

/// A user; the password is told by its length, as a log should have it.
#[must_use]
pub fn registration(user: &Registration<'_>) -> String {
    let mut out = String::new();
    for (what, text) in
        [("user", user.username()), ("id", user.user_id()), ("phone", user.registering_phone_id())]
    {
        if let Some(text) = text {
            let _ = writeln!(out, "{what} {text:?}");
        }
    }
    if let Some(date) = user.date() {
        let _ = writeln!(out, "since {:?}", date.as_str());
    }
    if let Some(password) = user.password() {
        let _ = writeln!(out, "password of {} characters", password.chars().count());
    }
    for datum in user.user_data() {
        let _ = writeln!(out, "data {} = {:?}", datum.key.unwrap_or("without a key"), datum.value);
    }
    out
}

pub(super) fn ledger(found: &FoundLedger<'_>, out: &mut String) {
    stock(&found.block, if found.in_case { ", in a case" } else { "" }, out);
}

pub(super) fn stock(block: &Ledger<'_>, remark: &str, out: &mut String) {
    let end = |id: &Option<_>| id.as_deref().unwrap_or("nowhere").to_owned();
    let said = match block {
        Ledger::Balance(balance) => format!("balance of {}", end(&balance.entity_id)),
        Ledger::Transfer(transfer) => {
            format!("transfer from {} to {}", end(&transfer.src), end(&transfer.dest))
        }
        other => format!("unknown {}", other.name().local_name()),
    };
    let _ = writeln!(out, "{said}{remark}");
    let Some(sheet) = block.sheet() else { return };
    if let Some(date) = &sheet.date {
        let _ = writeln!(out, "  at {date}");
    }
    if let Some(kind) = &sheet.kind {
        let _ = writeln!(out, "  for {kind}");
    }
    let (device, hq) = (said_by(sheet, Profile::Device), said_by(sheet, Profile::Hq));
    match device == hq {
        true => out.push_str(&device),
        false => {
            let _ = write!(out, "  to the device\n{device}  to CommCare HQ\n{hq}");
        }
    }
}

fn said_by(sheet: &Sheet<'_>, profile: Profile) -> String {
    let line = |said: openrosa_xml::ledger::Instruction<'_>| {
        let number = match profile {
            Profile::Device => said.units().map(|units| units.to_string()),
            _ => said.number().map(|number| number.to_string()),
        };
        let (entry, section) = (said.entry_id.unwrap_or("nothing"), said.section_id.unwrap_or("no section"));
        format!("  {entry} in {section}: {}\n", number.as_deref().unwrap_or("no number"))
    };
    sheet.instructions(profile).into_iter().map(line).collect()
}

pub(super) fn legacy_case(found: &FoundLegacyCase<'_>, out: &mut String) {
    let id = found.block.case_id().unwrap_or_else(|| "without an id".into());
    let _ = write!(out, "old case {id}");
    if let Some(date) = found.block.date_modified() {
        let _ = write!(out, " at {date}");
    }
    if let Some(namespace) = found.own_namespace() {
        let _ = write!(out, ", in its own namespace {namespace}");
    }
    out.push_str(if found.in_device_report { ", in a device log\n" } else { "\n" });
    found.block.referrals().for_each(|it| referral(it, out));
    let conversion = found.block.clone().into_v2();
    let written = conversion.block.write().expect("what was read can be written");
    let _ = writeln!(out, "  becomes {written}");
    for left_out in &conversion.left_out {
        let _ = writeln!(out, "  left out: {left_out}");
    }
}

fn referral(referral: Referral<'_, '_>, out: &mut String) {
    let _ = write!(out, "  referral {}", referral.referral_id().unwrap_or_else(|| "without an id".into()));
    for kind in referral.opened() {
        let _ = write!(out, ", opens {kind}");
    }
    if let Some(date) = referral.followup_date() {
        let _ = write!(out, ", to be looked after at {date}");
    }
    if let Some(kind) = referral.updated() {
        let _ = write!(out, ", updates {kind}");
    }
    if let Some(date) = referral.date_closed() {
        let _ = write!(out, ", closed at {date}");
    }
    out.push('\n');
}
