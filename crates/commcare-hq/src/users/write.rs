//! Making, changing and retiring mobile workers.

use bytes::Bytes;
use http::{Method, Request, Response};
use openrosa_http::transport::Transport;

use super::{Changes, Get, NewWorker, USER, Worker};
use crate::client::Client;
use crate::endpoint::{self, Effect, Endpoint, Payload, bare, read};
use crate::error::Error;
use crate::groups::Created;
use crate::site::Site;

/// Makes a worker; the id comes back. What is wrong with a location or a role is passed over by HQ: see
/// [`Client::create_worker`].
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, site::Site, users::{Create, NewWorker}};
///
/// let request = Create(NewWorker::new("amina", "c0rrect horse")).request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/a/riverside/api/v0.5/user/"));
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `POST .../user/`. *Spec*: commcare-hq-api.md 2, R3.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a worker and nothing else is made")]
pub struct Create(pub NewWorker);

impl Endpoint for Create {
    type Answer = String;

    fn effect(&self) -> Effect {
        Effect::Write
    }

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        self.0.check()?;
        endpoint::secret_json(Method::POST, &site.list(USER), &self.0.body())
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<String, Error> {
        Ok(read::<Created>("new worker", &answer)?.id)
    }
}

/// Changes a worker. **Lists and `user_data` take the place of those that are there**: see [`Client::merge_worker`].
///
/// An id that is not known is an error 500 of the server.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, site::Site, users::{Changes, Update}};
///
/// let moved = Update::new("w1", Changes::default().location("l1", ["l1", "l2"]));
/// let request = moved.request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!((request.method().as_str(), request.uri().path()), ("PUT", "/a/riverside/api/v0.5/user/w1/"));
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `PUT .../user/{id}/`. *Spec*: commcare-hq-api.md 2, R4.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Update {
    /// Which.
    pub id: String,
    /// What is to change.
    pub changes: Changes,
}

impl Update {
    /// Changes this of the worker of this id.
    pub fn new(id: impl Into<String>, changes: Changes) -> Self {
        Self { id: id.into(), changes }
    }
}

impl Endpoint for Update {
    type Answer = Worker;

    fn effect(&self) -> Effect {
        Effect::Write
    }

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        self.changes.check()?;
        endpoint::secret_json(Method::PUT, &site.item(USER, &self.id), &self.changes.body())
    }

    fn answer(&self, answer: Response<Bytes>) -> Result<Worker, Error> {
        read("worker", &answer)
    }
}

/// Retires a worker, **and deletes every case that the worker owns**.
///
/// ```
/// use commcare_hq::{endpoint::Endpoint, site::Site, users::Delete};
///
/// let request = Delete::with_all_cases("w1").request(&Site::parse("https://hq.example/a/riverside/")?)?;
/// assert_eq!((request.method().as_str(), request.uri().path()), ("DELETE", "/a/riverside/api/v0.5/user/w1/"));
/// # Ok::<(), commcare_hq::Error>(())
/// ```
///
/// *Wire*: `DELETE .../user/{id}/`, 202. *Spec*: commcare-hq-api.md 2, R5.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delete {
    id: String,
}

impl Delete {
    /// The worker of this id, and every case that this worker owns.
    pub fn with_all_cases(id: impl Into<String>) -> Self {
        Self { id: id.into() }
    }
}

impl Endpoint for Delete {
    type Answer = ();

    fn effect(&self) -> Effect {
        Effect::Write
    }

    fn request(&self, site: &Site) -> Result<Request<Payload>, Error> {
        bare(Method::DELETE, &site.item(USER, &self.id))
    }

    fn answer(&self, _: Response<Bytes>) -> Result<(), Error> {
        Ok(())
    }
}

/// A worker that was made, and what HQ has passed over.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Made {
    /// The worker as it is.
    pub worker: Worker,
    /// What was asked for and is not so, such as `locations`.
    pub dropped: Vec<&'static str>,
}

impl<T: Transport> Client<T> {
    /// Makes a worker, reads it, and says what HQ has passed over without a word.
    pub async fn create_worker(&self, new: NewWorker) -> Result<Made, Error> {
        let create = Create(new);
        let id = self.call(&create).await?;
        let worker = self.call(&Get::new(id)).await.map_err(Error::landed)?;
        let dropped = create.0.changes.missing_in(&worker);
        Ok(Made { worker, dropped })
    }

    /// Changes a worker without taking anything away: lists and `user_data` are added to those that are there.
    pub async fn merge_worker(&self, id: &str, changes: Changes) -> Result<Worker, Error> {
        let worker = self.call(&Get::new(id)).await?;
        self.call(&Update::new(id, changes.merged_into(&worker))).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::AMINA;
    use super::*;
    use crate::client::tests::{hq, json as answered, trail};

    fn body(seen: &crate::client::tests::Trail, at: usize) -> Value {
        serde_json::from_str(&seen.lock().unwrap()[at].body).unwrap()
    }

    /// H-072: lists are replaced by a PUT, and a method reads, merges and writes.
    #[tokio::test]
    async fn what_is_added_takes_nothing_away() {
        let (client, seen) = hq(|_| answered(200, AMINA));
        let changes = Changes::default().add_group("g2").add_phone_number("255711").user_data("level", "2");
        client.merge_worker("w1", changes).await.unwrap();
        assert_eq!(
            trail(&seen),
            ["GET /a/riverside/api/v0.5/user/w1/", "PUT /a/riverside/api/v0.5/user/w1/"]
        );
        assert_eq!(
            body(&seen, 1),
            json!({"phone_numbers": ["255700", "255711"], "groups": ["g1", "g2"], "user_data": {"village": "Kibaha", "level": "2"}})
        );
    }

    /// H-073: creation returns an id, whatever else comes with it.
    /// H-074: a read after creation reports what was dropped.
    #[tokio::test]
    async fn what_hq_passes_over_is_said() {
        let (client, seen) = hq(|seen| match seen.method == Method::POST {
            true => answered(201, r#"{"id": "w1", "anything": "else"}"#),
            false => answered(200, AMINA),
        });
        let mut new = NewWorker::new("amina", "c0rrect horse");
        new.changes = new.changes.add_group("g1").location("l9", ["l9"]).user_data("village", "Kibaha");
        new.changes.first_name = Some("Amina".to_owned());
        new.changes.email = Some("amina@example.org".to_owned());
        let made = client.create_worker(new).await.unwrap();
        assert_eq!(
            (made.worker.id.as_str(), made.dropped),
            ("w1", vec!["email", "primary_location", "locations"])
        );
        assert_eq!(body(&seen, 0)["password"], "c0rrect horse");
    }

    /// H-004: passwords of workers do not show.
    #[test]
    fn a_password_is_not_shown() {
        let create = Create(NewWorker::new("amina", "c0rrect horse"));
        let request = create.request(&crate::client::tests::site()).unwrap();
        assert!(!format!("{create:?} {request:?}").contains("c0rrect"));
    }

    /// H-075: deleting a worker says in its name that the cases go as well: there is no other way to write it.
    #[tokio::test]
    async fn a_worker_goes_with_all_cases() {
        let (client, seen) = hq(|_| answered(202, ""));
        client.call(&Delete::with_all_cases("w1")).await.unwrap();
        assert_eq!(trail(&seen), ["DELETE /a/riverside/api/v0.5/user/w1/"]);
    }

    #[tokio::test]
    async fn a_place_is_one_of_the_places() {
        let (client, _) = hq(|_| answered(200, AMINA));
        let changes = Changes { primary_location: Some("l1".to_owned()), ..Changes::default() };
        assert!(client.call(&Update::new("w1", changes)).await.unwrap_err().is_invalid());
        let changes = Changes::default().location("l1", ["l2"]);
        assert!(client.call(&Update::new("w1", changes)).await.unwrap_err().is_invalid());
        assert!(client.call(&Update::new("w1", Changes::default().no_location())).await.is_ok());
    }
}
