//! Users and their groups. Passwords are kept as hashes that take long to try.

use std::{
    collections::BTreeMap,
    num::NonZero,
    panic::{self, AssertUnwindSafe},
    sync::{Arc, LazyLock, Mutex, PoisonError, mpsc},
    thread,
};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use chrono::{DateTime, SubsecRound as _, Utc};
use openrosa_http::{
    api::inactive::Inactive,
    auth::{Credentials, Secret},
    server::{Accounts, Admission, Caller, Fingerprint, Rejection},
};
use openrosa_xml::UserId;
use sqlx::{Row as _, any::AnyRow};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::{Database, Domain, engine::plain, lengths, record, upload::refused};
use crate::{
    error::{Error, Kind},
    server::ServerKind,
};

/// A user of a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct User {
    /// By this, cases name their owner.
    pub user_id: UserId,
    /// By this, the user signs in.
    pub username: String,
    /// Whether the user may work.
    pub active: bool,
    /// Whether the user may look at everything in the domain, and set it right; whoever may in the domain without a name, in all.
    pub is_staff: bool,
    /// What else devices are told of the user.
    pub data: BTreeMap<String, String>,
    /// Since when there is such a user.
    pub joined_at: DateTime<Utc>,
}

/// A user that is to be added.
#[derive(Clone, Debug)]
pub struct NewUser {
    user_id: UserId,
    username: String,
    password: Secret,
    is_staff: bool,
}

/// A group of users, who own cases together.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Group {
    /// By this, cases name it as their owner.
    pub group_id: String,
    /// What people call it.
    pub name: String,
}

/// What the passwords of users that there are not are held against, so that it takes as long.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash(&Secret::new("nobody")).unwrap_or_default());

/// Something to be done at length.
type Work = Box<dyn FnOnce() + Send>;

/// Where passwords are hashed: on threads of their own, one for each processor. Each hash takes 19 MiB, which a thread keeps for the
/// next: on whatever thread is free they would be there many times.
static AT_LENGTH: LazyLock<mpsc::Sender<Work>> = LazyLock::new(|| {
    let (queue, work) = mpsc::channel::<Work>();
    let work = Arc::new(Mutex::new(work));
    for _ in 0..processors() {
        let work = Arc::clone(&work);
        let next = move || work.lock().unwrap_or_else(PoisonError::into_inner).recv().ok();
        thread::spawn(move || std::iter::from_fn(next).for_each(done));
    }
    queue
});

/// A panic is that of one password, and the thread goes on to the next: who waits hears that nothing came of it.
fn done(work: Work) {
    drop(panic::catch_unwind(AssertUnwindSafe(work)));
}

fn processors() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

impl Database {
    /// Adds a user, whose name can be one to sign in with: it is not empty, has no colon and no control character (RFC 7617, 2), no
    /// blanks around it, and not the ending that devices of CommCare write after it.
    pub async fn add_user(&self, domain: &Domain, new: &NewUser) -> Result<User, Error> {
        if new.username.is_empty() || new.username.contains(|c: char| c == ':' || c.is_control()) {
            return Err(ServerKind::UserName { name: new.username.clone() }.into());
        }
        let as_given = bare(new.username.trim(), Some(&domain.name));
        if as_given != new.username {
            let (name, as_given) = (new.username.clone(), as_given.to_owned());
            return Err(ServerKind::UserNameWhole { name, as_given }.into());
        }
        lengths::checked("username", &new.username).map_err(ServerKind::from)?;
        lengths::checked("user_id", new.user_id.as_str()).map_err(ServerKind::from)?;
        let password = hashed(new.password.clone()).await?;
        let user = User {
            user_id: new.user_id.clone(),
            username: new.username.clone(),
            active: true,
            is_staff: new.is_staff,
            data: BTreeMap::new(),
            // As it is kept: who compares it with what is listed later finds one moment.
            joined_at: self.now().trunc_subsecs(6),
        };
        let mut tx = self.write().await?;
        const ADD: &str = "INSERT INTO users (domain, user_id, username, password, active, data, joined_at, is_staff) \
                           VALUES ($1, $2, $3, $4, 1, '{}', $5, $6) ON CONFLICT DO NOTHING";
        let query =
            sqlx::query(ADD).bind(domain.number).bind(user.user_id.to_string()).bind(user.username.clone());
        let query = query.bind(password).bind(user.joined_at.timestamp_micros());
        let added = query.bind(i64::from(user.is_staff)).execute(&mut *tx).await?;
        tx.commit().await?;
        match added.rows_affected() {
            0 => Err(self.taken(domain, user).await?.into()),
            _ => Ok(user),
        }
    }

    /// What of a user another one has already.
    async fn taken(&self, domain: &Domain, new: User) -> Result<ServerKind, Error> {
        let query = sqlx::query_scalar("SELECT username FROM users WHERE domain = $1 AND user_id = $2");
        let query = query.bind(domain.number).bind(new.user_id.to_string());
        let whose: Option<String> = query.fetch_optional(&self.readers).await?;
        Ok(match whose.filter(|name| *name != new.username) {
            Some(name) => ServerKind::UserIdTaken { id: new.user_id.to_string(), name },
            None => ServerKind::UserTaken { name: new.username },
        })
    }

    /// The user of this name.
    pub async fn user(&self, domain: &Domain, username: &str) -> Result<User, Error> {
        let row = self.user_row(domain.number, username).await?;
        row.as_ref()
            .map(read)
            .unwrap_or_else(|| Err(ServerKind::NoSuchUser { name: username.to_owned() }.into()))
    }

    /// All users of a domain, by name.
    pub async fn users(&self, domain: &Domain) -> Result<Vec<User>, Error> {
        let query =
            sqlx::query("SELECT * FROM users WHERE domain = $1 ORDER BY username").bind(domain.number);
        query.fetch_all(&self.readers).await?.iter().map(read).collect()
    }

    /// Gives a user another password.
    pub async fn set_password(
        &self,
        domain: &Domain,
        username: &str,
        password: &Secret,
    ) -> Result<(), Error> {
        let password = hashed(password.clone()).await?;
        let query = sqlx::query("UPDATE users SET password = $3 WHERE domain = $1 AND username = $2");
        self.set(username, query.bind(domain.number).bind(plain(username)).bind(password)).await
    }

    /// A text that is another one whenever the user has got another password, and that tells nothing of it: whatever is to end
    /// with a password remembers it. `None` where there is no such user.
    pub async fn password_mark(&self, domain: &Domain, user_id: &UserId) -> Result<Option<String>, Error> {
        let query = sqlx::query_scalar("SELECT password FROM users WHERE domain = $1 AND user_id = $2");
        let query = query.bind(domain.number).bind(plain(user_id.as_str()));
        let password: Option<String> = query.fetch_optional(&self.readers).await?;
        Ok(password.map(|password| Fingerprint::of(password.as_bytes()).to_string()))
    }

    /// Says whether a user may work. Who may not is told so when it signs in.
    pub async fn set_active(&self, domain: &Domain, username: &str, active: bool) -> Result<(), Error> {
        let query = sqlx::query("UPDATE users SET active = $3 WHERE domain = $1 AND username = $2");
        let query = query.bind(domain.number).bind(plain(username)).bind(i64::from(active));
        self.set(username, query).await
    }

    /// Says whether a user is [staff](User::is_staff).
    pub async fn set_staff(&self, domain: &Domain, username: &str, is_staff: bool) -> Result<(), Error> {
        let query = sqlx::query("UPDATE users SET is_staff = $3 WHERE domain = $1 AND username = $2");
        let query = query.bind(domain.number).bind(plain(username)).bind(i64::from(is_staff));
        self.set(username, query).await
    }

    /// Sets what else devices are told of a user.
    pub async fn set_data(
        &self,
        domain: &Domain,
        username: &str,
        data: &BTreeMap<String, String>,
    ) -> Result<(), Error> {
        let query = sqlx::query("UPDATE users SET data = $3 WHERE domain = $1 AND username = $2");
        let query = query.bind(domain.number).bind(plain(username)).bind(serde_json::json!(data).to_string());
        self.set(username, query).await
    }

    async fn set(&self, username: &str, query: super::engine::Values) -> Result<(), Error> {
        let mut tx = self.write().await?;
        let set = query.execute(&mut *tx).await?;
        tx.commit().await?;
        match set.rows_affected() {
            0 => Err(ServerKind::NoSuchUser { name: username.to_owned() }.into()),
            _ => Ok(()),
        }
    }

    /// Puts a user into a group, which is made if there is none of that id.
    pub async fn join(&self, domain: &Domain, username: &str, group: &Group) -> Result<(), Error> {
        lengths::checked("group_id", &group.group_id).map_err(ServerKind::from)?;
        let user = self.user(domain, username).await?;
        let mut tx = self.write().await?;
        const GROUP: &str = "INSERT INTO groups (domain, group_id, name) VALUES ($1, $2, $3) \
                             ON CONFLICT (domain, group_id) DO UPDATE SET name = excluded.name";
        let query =
            sqlx::query(GROUP).bind(domain.number).bind(group.group_id.clone()).bind(group.name.clone());
        query.execute(&mut *tx).await?;
        const MEMBER: &str =
            "INSERT INTO members (domain, group_id, user_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        let query = sqlx::query(MEMBER).bind(domain.number).bind(group.group_id.clone());
        query.bind(user.user_id.to_string()).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// Takes a user out of a group.
    pub async fn leave(&self, domain: &Domain, username: &str, group_id: &str) -> Result<(), Error> {
        let user = self.user(domain, username).await?;
        let mut tx = self.write().await?;
        let query = sqlx::query("DELETE FROM members WHERE domain = $1 AND group_id = $2 AND user_id = $3");
        let query = query.bind(domain.number).bind(group_id.to_owned()).bind(user.user_id.to_string());
        query.execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// The groups of a user, by id.
    pub async fn groups_of(&self, domain: &Domain, user_id: &UserId) -> Result<Vec<Group>, Error> {
        const GROUPS: &str = "SELECT group_id, name FROM members JOIN groups USING (domain, group_id) \
                              WHERE domain = $1 AND user_id = $2 ORDER BY group_id";
        let query = sqlx::query(GROUPS).bind(domain.number).bind(user_id.to_string());
        let group =
            |row: &AnyRow| Ok(Group { group_id: row.try_get("group_id")?, name: row.try_get("name")? });
        query.fetch_all(&self.readers).await?.iter().map(group).collect()
    }

    async fn user_row(&self, domain: i64, username: &str) -> Result<Option<AnyRow>, Error> {
        let query = sqlx::query("SELECT * FROM users WHERE domain = $1 AND username = $2");
        Ok(query.bind(domain).bind(plain(username)).fetch_optional(&self.readers).await?)
    }

    /// Who calls: a user, and nobody does anything as another here.
    pub(super) async fn who(
        &self,
        caller: &Caller,
        other: Option<&str>,
    ) -> Result<(Domain, User), Rejection> {
        let domain = self.domain(caller.domain.as_deref()).await.map_err(refused)?;
        let nobody = || Rejection::Forbidden { reason: "this is somebody's: sign in".into() };
        let username = caller.user.as_deref().ok_or_else(nobody)?;
        let user = self.user(&domain, username).await.map_err(refused)?;
        not_as_another(&domain, &user, other)?;
        Ok((domain, user))
    }

    /// The user who signs in by this name: phones begin a word with a capital, and CommCare HQ takes names in small letters
    /// (commcare-hq-api.md 5).
    async fn called(&self, domain: i64, given: &str) -> Result<Option<AnyRow>, Error> {
        const CALLED: &str = "SELECT * FROM users WHERE domain = $1 AND username IN ($2, $3) \
                              ORDER BY CASE WHEN username = $2 THEN 0 ELSE 1 END LIMIT 1";
        let query = sqlx::query(CALLED).bind(domain).bind(plain(given)).bind(plain(&given.to_lowercase()));
        Ok(query.fetch_optional(&self.readers).await?)
    }

    async fn admit(&self, given: &Credentials, domain: Option<&str>) -> Result<Admission, Error> {
        let username = bare(given.user(), domain);
        let row = match self.domain(domain).await {
            Ok(domain) => self.called(domain.number, username).await?,
            Err(error) if error.is_unknown_domain() => None,
            Err(error) => return Err(error),
        };
        let known = row.as_ref().map(|row| row.try_get::<String, _>("password")).transpose()?;
        let is_right = matches(known, Secret::new(given.expose_password())).await?;
        let Some(user) = row.as_ref().map(read).transpose()?.filter(|_| is_right) else {
            return Ok(Admission::Denied);
        };
        Ok(match user.active {
            true => Admission::Granted(user.username),
            false => {
                Admission::Inactive(Inactive::new("user.deactivated", "This user may not work any more."))
            }
        })
    }
}

impl Accounts for Database {
    async fn by_password(&self, given: &Credentials, domain: Option<&str>) -> Result<Admission, Rejection> {
        self.admit(given, domain).await.map_err(refused)
    }
}

impl NewUser {
    /// A user of this name, with an id of its own.
    #[must_use]
    pub fn new(username: impl Into<String>, password: Secret) -> Self {
        let user_id = Uuid::new_v4().simple().to_string().into();
        Self { user_id, username: username.into(), password, is_staff: false }
    }

    /// A user that has an id already, by which cases name it as their owner.
    #[must_use]
    pub fn with_id(self, user_id: impl Into<UserId>) -> Self {
        Self { user_id: user_id.into(), ..self }
    }

    /// A user who is [staff](User::is_staff).
    #[must_use]
    pub fn staff(self) -> Self {
        Self { is_staff: true, ..self }
    }
}

impl Group {
    /// A group.
    #[must_use]
    pub fn new(group_id: impl Into<String>, name: impl Into<String>) -> Self {
        Self { group_id: group_id.into(), name: name.into() }
    }
}

/// Devices of CommCare write `name@domain.commcarehq.org`; another domain's ending belongs to the name, and so to nobody.
fn bare<'n>(name: &'n str, domain: Option<&str>) -> &'n str {
    let Some((bare, at)) = name.rsplit_once('@') else { return name };
    let own = domain.filter(|domain| at.strip_suffix(".commcarehq.org") == Some(domain));
    if own.is_some() { bare } else { name }
}

/// Nobody does anything as another user: `other` may be the caller's own name.
pub(super) fn not_as_another(domain: &Domain, user: &User, other: Option<&str>) -> Result<(), Rejection> {
    let other = other.map(|other| bare(other, Some(&domain.name)));
    match other.is_some_and(|other| other != user.username && other.to_lowercase() != user.username) {
        true => Err(Rejection::Forbidden { reason: "nobody may do so as another user here".into() }),
        false => Ok(()),
    }
}

pub(super) fn read(row: &AnyRow) -> Result<User, Error> {
    Ok(User {
        user_id: row.try_get::<String, _>("user_id")?.into(),
        username: row.try_get("username")?,
        active: row.try_get::<i64, _>("active")? != 0,
        is_staff: row.try_get::<i64, _>("is_staff")? != 0,
        data: record::json(&row.try_get::<String, _>("data")?)?,
        joined_at: record::moment(row.try_get("joined_at")?)?,
    })
}

fn hash(password: &Secret) -> Result<String, Error> {
    let password = Secret::new(password.composed().expose());
    let hash = Argon2::default().hash_password(password.expose().as_bytes());
    Ok(hash.map_err(ServerKind::Password)?.to_string())
}

/// Off the threads that serve: it takes long on purpose. It is not begun where nobody waits for it any more.
async fn at_length<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let (answer, done) = oneshot::channel();
    let work = move || {
        if !answer.is_closed() {
            drop(answer.send(work()));
        }
    };
    AT_LENGTH.send(Box::new(work)).map_err(|_| Kind::Stopped)?;
    Ok(done.await.map_err(|_| Kind::Stopped)?)
}

async fn hashed(password: Secret) -> Result<String, Error> {
    at_length(move || hash(&password)).await?
}

async fn matches(known: Option<String>, given: Secret) -> Result<bool, Error> {
    at_length(move || {
        let is_known = known.is_some();
        let known = known.unwrap_or_else(|| NOBODY.clone());
        let verified = PasswordHash::new(&known)
            .is_ok_and(|known| Argon2::default().verify_password(given.expose().as_bytes(), &known).is_ok());
        is_known && verified
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };

    use futures_util::future::join_all;

    use super::*;

    #[tokio::test]
    async fn a_panic_ends_no_thread() {
        for _ in 0..=processors() {
            at_length(|| panic!("of one password")).await.unwrap_err();
        }
        assert_eq!(at_length(|| 7).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn no_more_passwords_are_tried_at_once_than_there_are_processors() {
        static NOW: AtomicUsize = AtomicUsize::new(0);
        let at_once = || {
            let now = NOW.fetch_add(1, Ordering::SeqCst) + 1;
            thread::sleep(Duration::from_millis(2));
            NOW.fetch_sub(1, Ordering::SeqCst);
            now
        };
        let most = join_all((0..40).map(|_| at_length(at_once))).await.into_iter().map(Result::unwrap).max();
        assert!(most.unwrap() <= processors(), "{most:?}");
    }
}
