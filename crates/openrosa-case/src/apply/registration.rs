//! Registration: a user of the device.

use openrosa_xml::{UserId, registration::Registration};

use crate::{
    change::{Applied, Change},
    store::Staging,
    user::User,
};

/// A user that is known keeps the name, and data that is not mentioned; the password and what is mentioned change (S-015).
///
/// *Spec:* ota-restore.md 2.6.
pub(crate) fn apply_registration(staging: &mut Staging, registration: &Registration<'_>) -> Applied {
    let user_id = UserId::new(registration.user_id().unwrap_or_default());
    let password = registration.password().unwrap_or_default().into_owned();
    let known = staging.user(&user_id).cloned();
    let mut user = match &known {
        Some(user) => User { password, ..User::clone(user) },
        None => User::new(user_id.clone(), registration.username().unwrap_or_default(), password),
    };
    for datum in registration.user_data() {
        let key = datum.key.unwrap_or_default().to_owned();
        user.properties.insert(key, datum.value.into_owned());
    }
    if known.as_deref() == Some(&user) {
        return Applied::default();
    }
    staging.put_user(user);
    let change = Change::User { user_id, created: known.is_none() };
    Applied { changes: vec![change], ..Applied::default() }
}
