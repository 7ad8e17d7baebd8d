//! Which of several deliveries about the same counts: HQ repeats them, and does not keep their order.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use openrosa_xml::Timestamp;

use super::Delivery;

/// What a delivery is to those that were taken in before it.
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

/// The newest delivery about each form, case and location that was taken in.
///
/// Asking and noting are two steps, and what has to be durable lies between them: a delivery that was noted before it was stored
/// would be told to be there already when HQ sends it again.
///
/// It is in memory and grows with their number; a receiver with a database keeps the moment beside the record instead, and
/// decides as this does.
///
/// ```
/// use commcare_hq::forwarding::{Arrival, Arrivals, Delivery};
///
/// let request = http::Request::post("/").header("server-modified-on", "2026-02-03T09:10:15.120000Z");
/// let (head, ()) = request.body(())?.into_parts();
/// let delivery = Delivery::read(&head, r#"{"case_id": "c1", "properties": {}}"#.into())?;
///
/// let mut arrivals = Arrivals::new();
/// assert_eq!(arrivals.look(&delivery), Arrival::New);
/// // … here it is stored …
/// arrivals.taken(&delivery);
/// assert_eq!(arrivals.look(&delivery), Arrival::Again);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Arrivals {
    newest: HashMap<String, Option<DateTime<Utc>>>,
}

impl Arrivals {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What a delivery is to those that were taken in. What does not say what it is about is new.
    pub fn look(&self, delivery: &Delivery) -> Arrival {
        let Some(about) = delivery.about() else { return Arrival::New };
        let Some(newest) = self.newest.get(&about.key) else { return Arrival::New };
        match (newest, utc(about.at)) {
            (Some(newest), Some(at)) if at == *newest => Arrival::Again,
            (Some(newest), Some(at)) if at < *newest => Arrival::Older,
            (_, None) if about.once => Arrival::Again,
            _ => Arrival::New,
        }
    }

    /// It was taken in, for good. One that came late changes nothing.
    pub fn taken(&mut self, delivery: &Delivery) {
        let Some(about) = delivery.about() else { return };
        let newest = self.newest.entry(about.key).or_default();
        *newest = utc(about.at).max(*newest);
    }
}

fn utc(at: Option<&Timestamp<'_>>) -> Option<DateTime<Utc>> {
    Some(at?.moment().ok()?.utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(body: &'static str, header: &str, second: u32) -> Delivery {
        let at = format!("2026-02-03T09:10:{second:02}.000000Z");
        let request = http::Request::post("/").header(header, at).body(()).unwrap();
        Delivery::read(&request.into_parts().0, body.into()).unwrap()
    }

    const FORM: &str = "<data xmlns='urn:f'><meta><instanceID>f1</instanceID></meta></data>";
    const STUB: &str = r#"{"form_id": "f1", "received_on": null, "case_ids": []}"#;

    fn take(arrivals: &mut Arrivals, delivery: &Delivery) -> Arrival {
        let arrival = arrivals.look(delivery);
        arrivals.taken(delivery);
        arrival
    }

    /// H-091: a repeated delivery is known, and an older one never takes the place of a newer one.
    #[test]
    fn what_comes_again_or_late_is_known() {
        let mut arrivals = Arrivals::new();
        let mut case = |second| {
            take(
                &mut arrivals,
                &delivery(r#"{"case_id": "c1", "properties": {}}"#, "server-modified-on", second),
            )
        };
        assert_eq!(
            [case(5), case(5), case(3), case(7), case(5)],
            [Arrival::New, Arrival::Again, Arrival::Older, Arrival::New, Arrival::Older]
        );
        let mut form = |second| take(&mut arrivals, &delivery(FORM, "received-on", second));
        assert_eq!([form(1), form(1)], [Arrival::New, Arrival::Again]);
    }

    /// A form and its stub have one id and one moment, and neither stands for the other.
    #[test]
    fn a_stub_is_not_its_form() {
        let mut arrivals = Arrivals::new();
        assert_eq!(take(&mut arrivals, &delivery(STUB, "received-on", 1)), Arrival::New);
        assert_eq!(take(&mut arrivals, &delivery(FORM, "received-on", 1)), Arrival::New);
    }

    /// A form has one content for good, so its id is enough where no moment came with it; a case has not.
    #[test]
    fn without_a_moment_a_form_comes_once() {
        let mut arrivals = Arrivals::new();
        let mut twice = |body| [(); 2].map(|()| take(&mut arrivals, &delivery(body, "x-nothing", 1)));
        assert_eq!(twice(FORM), [Arrival::New, Arrival::Again]);
        assert_eq!(twice(r#"{"case_id": "c1", "properties": {}}"#), [Arrival::New, Arrival::New]);
    }

    /// H-091: forms with a blank id have nothing by which one could be taken for another.
    #[test]
    fn forms_without_an_id_are_each_new() {
        let mut arrivals = Arrivals::new();
        for (form, second) in [
            ("<data xmlns='urn:f'><v>Amina</v><meta><instanceID/></meta></data>", 15),
            ("<data xmlns='urn:f'><v>Juma</v><meta><instanceID> </instanceID></meta></data>", 14),
            ("<data xmlns='urn:f'><v>Neema</v><meta><instanceID/></meta></data>", 15),
        ] {
            assert_eq!(take(&mut arrivals, &delivery(form, "received-on", second)), Arrival::New, "{form}");
        }
    }

    /// What could not be stored is new when it comes again.
    #[test]
    fn what_was_not_taken_is_new_again() {
        let arrivals = Arrivals::new();
        let form = delivery(FORM, "received-on", 1);
        assert_eq!([arrivals.look(&form), arrivals.look(&form)], [Arrival::New, Arrival::New]);
    }
}
