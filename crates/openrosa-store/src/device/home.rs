//! Where a database is at home: forms go to one server, and as one user.

use std::fmt;

use openrosa_http::{auth::path_parts, client::Client, transport::Transport};
use sqlx::SqliteConnection;
use url::Url;

use super::{Database, outbox, standing, sync_pause};
use crate::{
    device::DeviceKind,
    error::{Error, Kind},
    lock::Lock,
};

/// The server that the forms of a database go to, and the user that they go as.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Home {
    /// Its host, its port unless that is the usual one, and the path of submissions there up to `submission` or `receiver`, without
    /// what is secret in it. Whether it is http or https makes no difference.
    pub server: String,
    /// The name of the user; `None` where the client had no name for the server, as with a token.
    pub user: Option<String>,
}

/// As in `hq.example/a/demo, as amina`.
impl fmt::Display for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.server)?;
        self.user.iter().try_for_each(|user| write!(f, ", as {user}"))
    }
}

impl Home {
    pub(super) fn of<T: Transport>(client: &Client<T>, url: &Url) -> Self {
        Self { server: place(url), user: client.user_at(url).map(str::to_owned) }
    }

    /// Where forms go to one address and the restore comes from another; fails where these are not of one server, one project there
    /// and one user.
    pub(super) fn of_both<T: Transport>(
        client: &Client<T>,
        forms: &Url,
        restore: &Url,
    ) -> Result<Self, Error> {
        let has_one_token = tokens(forms).zip(tokens(restore)).all(|(one, other)| one == other);
        let (forms, restore) = (Self::of(client, forms), Self::of(client, restore));
        match has_one_token && forms.is_beside(&restore) {
            true => Ok(forms),
            false => Err(DeviceKind::Apart { forms: forms.to_string(), restore: restore.to_string() }.into()),
        }
    }

    /// Whether both are of one server, one project there and one user. What is below no project is not of one.
    fn is_beside(&self, other: &Self) -> bool {
        whose(&self.server) == whose(&other.server) && !self.is_another_user(other)
    }

    /// A name that either does not know says nothing.
    fn is_another_user(&self, other: &Self) -> bool {
        self.user.as_ref().zip(other.user.as_ref()).is_some_and(|(one, other)| one != other)
    }

    /// Whether a client that goes to `other` may take what is meant for this.
    fn takes(&self, other: &Self) -> bool {
        self.server == other.server && !self.is_another_user(other)
    }
}

/// A server by its address. A token in it is left out: it is secret, and another is no other server (openrosa.md 5.2). So is what
/// comes after `receiver`, which is an app there (ota-restore.md 1.1).
fn place(url: &Url) -> String {
    let mut place = url.host_str().unwrap_or_default().to_owned();
    place.extend(url.port().map(|port| format!(":{port}")));
    let parts = path_parts(url.path()).filter(|(part, _)| !part.is_empty());
    for (part, is_token) in parts.take_while(|(part, _)| !matches!(*part, "receiver" | "submission")) {
        place.push('/');
        place.push_str(if is_token { "…" } else { part });
    }
    place
}

/// What is secret in an address, by which a server knows who asks.
fn tokens(url: &Url) -> impl Iterator<Item = &str> {
    path_parts(url.path()).filter_map(|(part, is_token)| is_token.then_some(part))
}

/// The host of a place, and the project there: CommCare's from `/a/{domain}/`.
fn whose(place: &str) -> (&str, Option<&str>) {
    let mut parts = place.split('/');
    (parts.next().unwrap_or_default(), parts.skip_while(|part| *part != "a").nth(1))
}

impl Database {
    /// Where the database is at home: where the first of its forms reached a server, or may have, or what was first synced with. `None`
    /// before that.
    ///
    /// To another server, or as another user, nothing is sent and nothing is synced, which is an error: forms would end up where
    /// nobody looks for them, under a wrong name.
    pub async fn home(&self) -> Result<Option<Home>, Error> {
        home(&mut *self.read().await?).await
    }

    /// Lets it move: the server that it is used with next is its home. The cases here stay until the restore from there, which
    /// is a full one; whose they were is forgotten, or they would be taken for somebody's who works there. That the old server
    /// wanted to be left alone is nothing to the new one. While it is sent or synced, it is [busy](Error::is_busy).
    pub async fn leave_home(&self) -> Result<(), Error> {
        let at_work = [Lock::take(&self.path, "sync")?, Lock::take(&self.path, "sender")?];
        if at_work.iter().any(Option::is_none) {
            return Err(Kind::Busy.into());
        }
        let mut tx = self.write().await?;
        keep(&mut tx, None).await?;
        standing::forget_users(&mut tx).await?;
        standing::forget_token(&mut tx).await?;
        sync_pause::end(&mut tx).await?;
        let was_paused = outbox::hurry(&mut tx, self.now()).await?;
        self.commit_and_tell(tx, None, was_paused.then_some(outbox::Event::Resumed)).await
    }

    /// Fails where the database is at home elsewhere than a client that goes to this address, before anything is done that is
    /// meant for there.
    pub async fn expect_home<T: Transport>(&self, client: &Client<T>, url: &Url) -> Result<(), Error> {
        self.expect_at(&Home::of(client, url)).await
    }

    pub(super) async fn expect_at(&self, asked: &Home) -> Result<(), Error> {
        expect(home(&mut *self.read().await?).await?.as_ref(), asked)
    }
}

/// Makes this the home, unless there is one, and says what was before; fails where that is another.
pub(super) async fn settle(tx: &mut SqliteConnection, asked: &Home) -> Result<Option<Home>, Error> {
    let held = home(tx).await?;
    expect(held.as_ref(), asked)?;
    if held.as_ref().is_none_or(|held| held.user.is_none() && asked.user.is_some()) {
        keep(tx, Some(asked)).await?;
    }
    Ok(held)
}

pub(super) async fn keep(tx: &mut SqliteConnection, kept: Option<&Home>) -> Result<(), Error> {
    let query = match kept {
        Some(home) => sqlx::query("REPLACE INTO home (id, server, user_name) VALUES (1, ?, ?)")
            .bind(&home.server)
            .bind(&home.user),
        None => sqlx::query("DELETE FROM home"),
    };
    query.execute(tx).await?;
    Ok(())
}

fn expect(held: Option<&Home>, asked: &Home) -> Result<(), Error> {
    match held {
        Some(held) if !held.takes(asked) => {
            Err(DeviceKind::AtHomeElsewhere { home: held.to_string(), asked: asked.to_string() }.into())
        }
        _ => Ok(()),
    }
}

async fn home(tx: &mut SqliteConnection) -> Result<Option<Home>, Error> {
    let row: Option<(String, Option<String>)> =
        sqlx::query_as("SELECT server, user_name FROM home").fetch_optional(tx).await?;
    Ok(row.map(|(server, user)| Home { server, user }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_known_without_its_secrets() {
        let place = |url: &str| place(&url.parse().unwrap());
        for receiver in ["receiver/?st=secret", "receiver", "receiver/0f3c/", "receiver/secure/0f3c/"] {
            assert_eq!(place(&format!("https://hq.example/a/demo/{receiver}")), "hq.example/a/demo");
        }
        assert_eq!(place("http://hq.example:80/a/"), place("https://hq.example:443/a"));
        assert_eq!(place("http://localhost:8600/submission"), "localhost:8600");
        let project = format!("https://odk.example/v1/key/{}/projects/1/submission", "t".repeat(64));
        assert_eq!(place(&project), "odk.example/v1/key/…/projects/1");
        assert_eq!(place("https://kobo.example/collector/0f3c/submission"), "kobo.example/collector/…");
        assert_eq!(
            place("https://odk.example/v1/test/0f3c/projects/1/forms/f/draft/submission"),
            "odk.example/v1/test/…/projects/1/forms/f/draft"
        );
        assert_ne!(
            place("https://h.example/test/a/submission"),
            place("https://h.example/test/b/submission")
        );
    }

    /// ota-restore.md 1.1: both addresses are below `/a/DOMAIN/`, each at its own path.
    #[test]
    fn forms_and_restore_are_of_one_project() {
        let at = |url: &str, user: Option<&str>| Home {
            server: place(&url.parse().unwrap()),
            user: user.map(str::to_owned),
        };
        let forms = at("https://hq.example/a/demo/receiver/", Some("amina"));
        for (restore, user, is_beside) in [
            ("https://hq.example/a/demo/phone/restore/", Some("amina"), true),
            ("http://hq.example:80/a/demo/phone/restore/0f3c/", None, true),
            ("https://hq.example/phone/restore/", None, false),
            ("https://hq.example/a/demo/phone/restore/", Some("bob"), false),
            ("https://hq.example/a/other/phone/restore/", Some("amina"), false),
            ("https://other.example/a/demo/phone/restore/", Some("amina"), false),
            ("https://hq.example:8443/a/demo/phone/restore/", Some("amina"), false),
        ] {
            assert_eq!(forms.is_beside(&at(restore, user)), is_beside, "{restore}");
        }
    }

    #[test]
    fn who_has_no_name_is_nobody_else() {
        let home =
            |server: &str, user: Option<&str>| Home { server: server.into(), user: user.map(Into::into) };
        let amina = home("a.example/a/demo", Some("amina"));
        for (other, takes) in [
            (home("a.example/a/demo", Some("amina")), true),
            (home("a.example/a/demo", None), true),
            (home("a.example/a/demo", Some("bob")), false),
            (home("a.example/a/other", Some("amina")), false),
        ] {
            assert_eq!((amina.takes(&other), other.takes(&amina)), (takes, takes), "{other}");
        }
    }
}
