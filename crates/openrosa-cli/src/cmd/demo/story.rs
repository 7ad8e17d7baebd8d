//! What is sent: a household registered, a patient updated, then closed, and one form twice.

use bytes::Bytes;
use chrono::{DateTime, FixedOffset, Local, TimeDelta};
use openrosa_http::api::submission::{Attachment, Request};
use openrosa_xml::build::{Author, BuildError, NewCase, NewForm, NewMeta};
use openrosa_xml::{CaseId, InstanceId};

use super::holdings::Holdings;
use crate::terminal::say;

/// A small picture of a sunset.
pub(super) const PHOTO: &[u8] = include_bytes!("photo.png");
const PHOTO_NAME: &str = "homestead.png";

/// The forms in the order in which they are sent.
pub(super) struct Story {
    pub(super) chapters: Vec<Chapter>,
    pub(super) cast: Cast,
}

/// One form on its way.
pub(super) struct Chapter {
    title: &'static str,
    /// What it says, a line each.
    says: Vec<String>,
    pub(super) submission: Request,
    /// What the receiver takes it for.
    pub(super) expected: &'static str,
}

impl Story {
    pub(super) fn tell() -> Result<Self, BuildError> {
        let cast = Cast::now();
        let registration = cast.registration()?;
        let update = cast.update()?;
        let mut again = cast.update_again(&update);
        again.expected = "duplicate";
        let chapters = vec![registration, update, cast.close()?, again, cast.mistake()?];
        Ok(Self { chapters, cast })
    }

    /// What a receiver holds that took all of it, and nothing twice.
    pub(super) fn holdings(&self) -> Holdings {
        let forms = self.chapters.iter().filter(|chapter| chapter.expected == "new").count();
        Holdings { forms, files: 1, photo_is_whole: true }
    }
}

/// Who and what the story is about.
pub(super) struct Cast {
    pub(super) household: CaseId,
    pub(super) patient: CaseId,
    user: &'static str,
    begun: DateTime<FixedOffset>,
}

impl Cast {
    fn now() -> Self {
        let begun = Local::now().fixed_offset();
        Self { household: CaseId::random(), patient: CaseId::random(), user: "amina", begun }
    }

    fn author(&self, minutes: i64) -> Author {
        Author::new(self.user, self.begun + TimeDelta::minutes(minutes))
    }

    fn form(&self, kind: &str, author: &Author) -> NewForm {
        let meta = NewMeta::commcare(InstanceId::random_bare(), author, "openrosa-demo", self.begun);
        NewForm::new(format!("http://openrosa.example/demo/{kind}"), meta.username("amina")).version("1")
    }

    fn registration(&self) -> Result<Chapter, BuildError> {
        let author = self.author(4);
        let household =
            NewCase::create(self.household.clone(), "household", "Homestead 17", self.user, &author)
                .property("village", "Kibaha")
                .attach("photo", PHOTO_NAME);
        let patient = NewCase::create(self.patient.clone(), "patient", "Juma", self.user, &author)
            .property("age", "31")
            .child_of("parent", "household", self.household.clone());
        let form =
            self.form("registration", &author).answer("village", "Kibaha").case(household).case(patient);
        let photo = Attachment::bytes(PHOTO_NAME, Bytes::from_static(PHOTO));
        let says = vec![
            format!("create household {}, \"Homestead 17\", with a photo", short(&self.household)),
            format!("create patient   {}, \"Juma\", a child of it", short(&self.patient)),
        ];
        let submission = submission(&form)?.attach(photo).expect("one file cannot take another's name");
        Ok(Chapter { title: "A household is registered", says, submission, expected: "new" })
    }

    fn update(&self) -> Result<Chapter, BuildError> {
        let author = self.author(30);
        let patient = NewCase::update(self.patient.clone(), &author).property("temperature", "39.5");
        let form = self.form("visit", &author).answer("temperature", "39.5").case(patient);
        let says = vec![format!("update patient   {}: temperature = 39.5", short(&self.patient))];
        Ok(Chapter {
            title: "A visit updates the patient",
            says,
            submission: submission(&form)?,
            expected: "new",
        })
    }

    fn close(&self) -> Result<Chapter, BuildError> {
        let author = self.author(90);
        let patient = NewCase::update(self.patient.clone(), &author).property("outcome", "recovered").close();
        let form = self.form("discharge", &author).case(patient);
        let says = vec![format!("close patient    {}: outcome = recovered", short(&self.patient))];
        Ok(Chapter {
            title: "The patient is discharged",
            says,
            submission: submission(&form)?,
            expected: "new",
        })
    }

    /// The builders refuse to write such a form, so it is made by hand, as most that are wrong are.
    fn mistake(&self) -> Result<Chapter, BuildError> {
        let author = self.author(120);
        let patient = NewCase::update(self.patient.clone(), &author).child_of(
            "parent",
            "patient",
            self.household.clone(),
        );
        let form = self.form("visit", &author).case(patient).write_indented()?;
        let form = form.replace(self.household.as_str(), self.patient.as_str());
        let says = vec![format!("update patient   {}: a child of itself", short(&self.patient))];
        Ok(Chapter {
            title: "A form with a mistake in it",
            says,
            submission: Request::new(form),
            expected: "refused",
        })
    }

    fn update_again(&self, update: &Chapter) -> Chapter {
        Chapter {
            title: "The visit is sent again, as after an answer that was lost",
            says: vec!["the same bytes as in 2".to_owned()],
            submission: Request::new(update.submission.xml().clone()),
            expected: "duplicate",
        }
    }
}

impl Chapter {
    pub(super) fn print(&self, number: usize) {
        say(format_args!("{number}. {}", self.title));
        for (at, line) in self.says.iter().enumerate() {
            say(format_args!("   {}{line}", if at == 0 { "form     " } else { "         " }));
        }
    }
}

fn submission(form: &NewForm) -> Result<Request, BuildError> {
    Ok(Request::new(form.write_indented()?))
}

/// Enough of an id to tell two apart.
pub(super) fn short(id: &CaseId) -> String {
    format!("{}…", id.as_str().chars().take(8).collect::<String>())
}
