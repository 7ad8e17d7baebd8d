//! Domains: CommCare's projects, each with forms, cases and users of its own.

use sqlx::Row as _;

use super::{Database, engine::plain};
use crate::{error::Error, server::ServerKind};

/// A domain.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Domain {
    pub(super) number: i64,
    /// As addresses have it, in `/a/{domain}/`; empty for the one of addresses without.
    pub name: String,
}

impl Domain {
    /// Its number, by which addresses of pages name it: a name may be anything.
    #[must_use]
    pub const fn number(&self) -> i64 {
        self.number
    }
}

impl Database {
    /// The domain of this name, if there is one. `None` asks for the one that every server has, for addresses without a domain.
    pub async fn domain(&self, name: Option<&str>) -> Result<Domain, Error> {
        let name = name.unwrap_or_default();
        let query = sqlx::query_scalar("SELECT number FROM domains WHERE name = $1").bind(plain(name));
        match query.fetch_optional(&self.readers).await? {
            Some(number) => Ok(Domain { number, name: name.to_owned() }),
            None => Err(ServerKind::NoSuchDomain { name: name.to_owned() }.into()),
        }
    }

    /// The domain of this number.
    pub async fn domain_numbered(&self, number: i64) -> Result<Domain, Error> {
        let query = sqlx::query_scalar("SELECT name FROM domains WHERE number = $1").bind(number);
        match query.fetch_optional(&self.readers).await? {
            Some(name) => Ok(Domain { number, name }),
            None => Err(ServerKind::NoSuchDomain { name: number.to_string() }.into()),
        }
    }

    /// All domains, by name.
    pub async fn domains(&self) -> Result<Vec<Domain>, Error> {
        let rows =
            sqlx::query("SELECT number, name FROM domains ORDER BY name").fetch_all(&self.readers).await?;
        let domain = |row: &sqlx::any::AnyRow| {
            Ok(Domain { number: row.try_get("number")?, name: row.try_get("name")? })
        };
        rows.iter().map(domain).collect()
    }

    /// The domain of this name; made if there is none.
    pub async fn add_domain(&self, name: &str) -> Result<Domain, Error> {
        let mut tx = self.write().await?;
        const ADD: &str = "INSERT INTO domains (number, name) SELECT max(number) + 1, $1 FROM domains WHERE true \
                           ON CONFLICT (name) DO NOTHING";
        sqlx::query(ADD).bind(name.to_owned()).execute(&mut *tx).await?;
        tx.commit().await?;
        self.domain(Some(name)).await
    }

    /// Says whether extensions of what forms close are closed with it, all the way, by a form of the server's own: at CommCare HQ
    /// a project may have this feature (`EXTENSION_CASES_SYNC_ENABLED`). Without a word they are not.
    ///
    /// *Spec*: case-xml.md 5.6.
    pub async fn set_closes_extensions(&self, domain: &Domain, closes: bool) -> Result<(), Error> {
        let mut tx = self.write().await?;
        let query = sqlx::query("UPDATE domains SET closes_extensions = $2 WHERE number = $1");
        query.bind(domain.number).bind(i64::from(closes)).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }
}
