//! Which members of cases come.

use url::Url;

use crate::endpoint::push;
use crate::error::Invalid;

/// Members by their names, with dots where they are members of members: these only, or all but these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Selection {
    fields: Vec<String>,
    exclude: Vec<String>,
}

impl Selection {
    pub(super) fn fields<F: Into<String>>(&mut self, fields: impl IntoIterator<Item = F>) {
        self.fields.extend(fields.into_iter().map(Into::into));
    }

    pub(super) fn exclude<F: Into<String>>(&mut self, fields: impl IntoIterator<Item = F>) {
        self.exclude.extend(fields.into_iter().map(Into::into));
    }

    /// Adds the arguments. Without what is needed nobody knows which case it is; what comes always is asked for unasked.
    pub(super) fn write(&self, url: &mut Url, needed: &[&str], always: &[&str]) -> Result<(), Invalid> {
        if !self.fields.is_empty() && !self.exclude.is_empty() {
            return Err(Invalid::Both { one: "fields", other: "exclude" });
        }
        if let Some(field) = self.exclude.iter().find(|field| needed.contains(&field.as_str())) {
            return Err(Invalid::Value {
                field: "exclude",
                reason: format!("`{field}`: it tells which case it is"),
            });
        }
        if !self.fields.is_empty() {
            let asked = self.fields.iter().map(String::as_str).filter(|field| !always.contains(field));
            push(url, "fields", &always.iter().copied().chain(asked).collect::<Vec<_>>().join(","));
        }
        if !self.exclude.is_empty() {
            push(url, "exclude", &self.exclude.join(","));
        }
        Ok(())
    }
}
