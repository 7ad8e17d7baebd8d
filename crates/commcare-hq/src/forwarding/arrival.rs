//! Which of several deliveries about the same counts: HQ repeats them, and does not keep their order.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::Delivery;

/// What a delivery is to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "it is newer, the same or older")]
pub enum Arrival {
    /// Take it in.
    New,
    /// It is there already.
    Again,
    /// Something newer is there.
    Older,
}

/// The newest delivery about each form, case and location.
///
/// It is in memory and grows with their number; a receiver with a database keeps the moment beside the record instead, and
/// decides as this does.
#[derive(Clone, Debug, Default)]
pub struct Arrivals {
    newest: HashMap<String, DateTime<Utc>>,
}

impl Arrivals {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What a delivery is to those before it; from now on it is one of them. What says neither what it is about nor when is new.
    pub fn note(&mut self, delivery: &Delivery) -> Arrival {
        let Some((about, at)) = delivery.about() else { return Arrival::New };
        let Some(at) = at.and_then(|at| at.moment().ok()) else { return Arrival::New };
        let at = at.utc();
        match self.newest.get(&about) {
            Some(newest) if *newest == at => Arrival::Again,
            Some(newest) if *newest > at => Arrival::Older,
            _ => {
                self.newest.insert(about, at);
                Arrival::New
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(body: &'static str, header: &str, second: u32) -> Delivery {
        let at = format!("2026-02-03T09:10:{second:02}.000000Z");
        let request = http::Request::post("/").header(header, at).body(()).unwrap();
        Delivery::read(&request.into_parts().0, body.into()).unwrap()
    }

    /// H-091: a repeated delivery is known, and an older one never takes the place of a newer one.
    #[test]
    fn what_comes_again_or_late_is_known() {
        let mut arrivals = Arrivals::new();
        let mut case = |second| {
            arrivals.note(&delivery(r#"{"case_id": "c1", "properties": {}}"#, "server-modified-on", second))
        };
        assert_eq!(
            [case(5), case(5), case(3), case(7), case(5)],
            [Arrival::New, Arrival::Again, Arrival::Older, Arrival::New, Arrival::Older]
        );
        let form = "<data xmlns='urn:f'><meta><instanceID>f1</instanceID></meta></data>";
        let mut form = |second| arrivals.note(&delivery(form, "received-on", second));
        assert_eq!([form(1), form(1)], [Arrival::New, Arrival::Again]);
    }
}
