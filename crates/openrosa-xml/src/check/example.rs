//! The documents by which a rule shows itself.

use super::known::{CaseState, KnownCases};
use std::collections::BTreeSet;

/// A document, or a part of one that stands in an ordinary document of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Example {
    /// The whole document.
    Document(&'static str),
    /// What stands in a CommCare form, in front of its metadata.
    Form(&'static str),
    /// What stands in an ODK form, in front of its metadata.
    OdkForm(&'static str),
    /// The items that follow message, token and user in a restore.
    Restore(&'static str),
    /// What stands at the end of the model of a blank form.
    Model(&'static str),
    /// What stands at the end of the body of a blank form.
    Body(&'static str),
    /// A whole filled-in form, which is held against [its blank form](Self::blank_form) and [its files](Self::files).
    Against(&'static str),
    /// What stands in a CommCare form, in front of its metadata, where [these cases](Self::known) exist.
    Known(&'static str),
    /// There is none, and why.
    None(&'static str),
}

const FORM: (&str, &str) = (
    "<data xmlns=\"http://example.org/visit\" version=\"3\" uiVersion=\"1\" name=\"Visit\">",
    "  <meta xmlns=\"http://openrosa.org/jr/xforms\">\n    \
       <deviceID>phone-1</deviceID>\n    \
       <timeStart>2024-05-01T09:50:00.000Z</timeStart>\n    \
       <timeEnd>2024-05-01T10:00:00.000Z</timeEnd>\n    \
       <username>amina</username>\n    \
       <userID>u1</userID>\n    \
       <instanceID>6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</instanceID>\n  \
     </meta>\n</data>\n",
);

const ODK_FORM: (&str, &str) = (
    "<data id=\"household\" version=\"7\">",
    "  <orx:meta xmlns:orx=\"http://openrosa.org/xforms\">\n    \
       <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>\n  \
     </orx:meta>\n</data>\n",
);

const RESTORE: (&str, &str) = (
    "<OpenRosaResponse xmlns=\"http://openrosa.org/http/response\">\n  \
       <message nature=\"ota_restore_success\">Welcome back, amina</message>\n  \
       <Sync xmlns=\"http://commcarehq.org/sync\"><restore_id>0f3c</restore_id></Sync>\n  \
       <Registration xmlns=\"http://openrosa.org/user/registration\">\n    \
         <username>amina</username><password/><uuid>u1</uuid><date>2024-02-01</date>\n    \
         <user_data><data key=\"commcare_first_name\">Amina</data></user_data>\n  \
       </Registration>",
    "</OpenRosaResponse>\n",
);

/// A blank form: up to the end of its model, and to that of its body.
const BLANK_FORM: (&str, &str, &str) = (
    r#"<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa" xmlns:odk="http://www.opendatakit.org/xforms" xmlns:orx="http://openrosa.org/xforms">
  <h:head>
    <h:title>Household</h:title>
    <model>
      <instance>
        <data id="household" version="7">
          <name/><age/><weight/><born/><woken/><seen/><place/><way/><field/><visited/><water/><pets/><photo/>
          <house><rooms/><roof/></house>
          <child><first_name/><sex/></child>
          <orx:meta><orx:instanceID/><orx:timeStart/></orx:meta>
        </data>
      </instance>
      <bind nodeset="/data/name" type="string" required="true()"/>
      <bind nodeset="/data/age" type="int"/>
      <bind nodeset="/data/weight" type="decimal"/>
      <bind nodeset="/data/born" type="date"/>
      <bind nodeset="/data/woken" type="time"/>
      <bind nodeset="/data/seen" type="dateTime"/>
      <bind nodeset="/data/place" type="geopoint"/>
      <bind nodeset="/data/way" type="geotrace"/>
      <bind nodeset="/data/field" type="geoshape"/>
      <bind nodeset="/data/visited" type="boolean"/>
      <bind nodeset="/data/photo" type="binary"/>
      <bind nodeset="/data/house/rooms" type="int" relevant="/data/age &gt; 1"/>
      <bind nodeset="/data/child/first_name" type="string" required="true()"/>
      <bind nodeset="/data/meta/instanceID" type="string" jr:preload="uid"/>"#,
    r#"    </model>
  </h:head>
  <h:body>
    <input ref="/data/name"><label>Name</label></input>
    <select1 ref="/data/water"><label>Water</label>
      <item><label>Well</label><value>well</value></item>
      <item><label>River</label><value>river</value></item>
    </select1>
    <select ref="/data/pets"><label>Pets</label>
      <item><label>Cat</label><value>cat</value></item>
      <item><label>Dog</label><value>dog</value></item>
    </select>
    <upload ref="/data/photo" mediatype="image/*"><label>Photo</label></upload>
    <group ref="/data/child"><label>Children</label>
      <repeat nodeset="/data/child">
        <input ref="/data/child/first_name"><label>Name</label></input>
      </repeat>
    </group>"#,
    "  </h:body>\n</h:html>\n",
);

impl Example {
    /// What is shown of it, without blank lines around it.
    #[must_use]
    pub fn shown(&self) -> Option<&'static str> {
        match self {
            Self::None(_) => None,
            Self::Document(text)
            | Self::Form(text)
            | Self::Known(text)
            | Self::OdkForm(text)
            | Self::Restore(text)
            | Self::Model(text)
            | Self::Body(text)
            | Self::Against(text) => Some(text.trim_matches('\n')),
        }
    }

    /// The whole document.
    #[must_use]
    pub fn document(&self) -> Option<String> {
        let shown = self.shown()?;
        let (before, after) = match self {
            Self::Form(_) | Self::Known(_) => FORM,
            Self::OdkForm(_) => ODK_FORM,
            Self::Restore(_) => RESTORE,
            Self::Model(_) => return Some(blank_form(shown, "")),
            Self::Body(_) => return Some(blank_form("", shown)),
            Self::Document(_) | Self::Against(_) | Self::None(_) => return Some(format!("{shown}\n")),
        };
        Some(format!("{before}\n{shown}\n{after}"))
    }

    /// The blank form that the document is held against.
    #[must_use]
    pub fn blank_form(&self) -> Option<String> {
        matches!(self, Self::Against(_)).then(|| blank_form("", ""))
    }

    /// The names of the files that go with the document.
    #[must_use]
    pub fn files(&self) -> Option<BTreeSet<String>> {
        matches!(self, Self::Against(_)).then(|| BTreeSet::from(["oak.jpg".to_owned()]))
    }

    /// The cases that exist: a household, and patients that are open, closed, deleted and of another project.
    #[must_use]
    pub fn known(&self) -> Option<KnownCases> {
        let Self::Known(_) = self else { return None };
        let mut known = KnownCases::default();
        known.insert("h1", "household");
        known.insert("p1", "patient");
        known.insert_in("x1", "patient", CaseState::Closed);
        known.insert_in("d1", "patient", CaseState::Deleted);
        known.insert_in("f1", "patient", CaseState::Foreign);
        Some(known)
    }
}

fn blank_form(in_model: &str, in_body: &str) -> String {
    let (model, body, end) = BLANK_FORM;
    let pieces = [model, in_model, body, in_body, end];
    pieces.into_iter().filter(|piece| !piece.is_empty()).collect::<Vec<_>>().join("\n")
}
