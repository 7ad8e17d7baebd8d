//! The endpoints of form discovery (OpenRosa Form List; openrosa.md 4).

use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use http::Method;
use openrosa_xml::form_list::ListedForm;
use openrosa_xml::manifest::{Manifest, MediaFile, RelativePath};
use openrosa_xml::xml::{Element, Name, Writer};
use openrosa_xml::{FormList, WriteError, ns};

use super::{BlankForm, FormFile, FormVersion, Forms};
use crate::api::{self, XML, argument, form_list, integrity};
use crate::server::desk::{Call, Desk, GET, Routes};
use crate::server::listing;
use crate::server::place::{Base, PLACES, Place};
use crate::server::{Front, Rejection, answer, content};

impl Front {
    /// Where blank forms are found. [`MemoryForms`](super::MemoryForms) has them in memory.
    ///
    /// *Spec*: OpenRosa Form List; openrosa.md 4.
    pub fn forms(&self, host: impl Forms) -> Router {
        Routes::below(&PLACES)
            .endpoint(GET, "formList", list)
            .endpoint(GET, FORM, form)
            .endpoint(GET, MANIFEST, manifest)
            .endpoint(GET, MEDIA, media)
            .endpoint(GET, INTEGRITY, deleted)
            .at(Desk::openrosa(self, host))
    }
}

/// Two of these are ODK Aggregate's names. The form is named in the query, since an id in a path would have to hold
/// slashes, dots and all else that ids hold, past every proxy.
const FORM: &str = "formXml";
const MANIFEST: &str = "xformsManifest";
const MEDIA: &str = "xformsMedia";
const INTEGRITY: &str = "entityIntegrity";

type Answered = Result<Response, Rejection>;

async fn list<H: Forms>(desk: Arc<Desk<H>>, call: Call) -> Answered {
    if call.head.method == Method::HEAD {
        return Ok(answer::ready_to_list());
    }
    let base = call.base(&desk.front)?;
    let asked = form_list::Request::read(&call.head);
    let forms = desk.host.list(&asked, &call.caller).await?;
    let (place, verbose) = (call.place, asked.verbose);
    let frame = vec![Element::new(Name::in_namespace(ns::FORM_LIST, "xforms"))];
    listing::document(frame, forms, move |out, form| write(out, form.listed(&place, &base, verbose))).await
}

fn write(out: &mut Writer, form: ListedForm<'_>) -> Result<(), WriteError> {
    let list = FormList::new().with_form(form);
    list.element.elements().try_for_each(|entry: &Element<'_>| entry.write_to(out))
}

impl BlankForm {
    fn listed(self, place: &Place, base: &Base, verbose: bool) -> ListedForm<'static> {
        let version = self.version.clone().unwrap_or_default();
        let arguments = [("formId", self.id.as_str()), ("version", &version)];
        let address = |last| place.beside(base, last, &arguments);
        let (form, manifest) = (address(FORM), address(MANIFEST));
        let mut listed = ListedForm::new(self.id, self.name, self.hash, form);
        listed.version = self.version.map(Into::into);
        listed.manifest_url = self.has_files.then(|| manifest.into());
        listed.description_text = self.description.filter(|_| verbose).map(Into::into);
        listed
    }
}

async fn form<H: Forms>(desk: Arc<Desk<H>>, call: Call) -> Answered {
    let form = FormVersion::of(&call)?;
    let content = desk.host.form(&form, &call.caller).await?.ok_or(Rejection::NotFound)?;
    // ODK Collect refuses a form whose type is another (openrosa.md 1.5).
    Ok(content::answer(content.with_media_type(XML), &call.head.headers))
}

async fn manifest<H: Forms>(desk: Arc<Desk<H>>, call: Call) -> Answered {
    let (form, base) = (FormVersion::of(&call)?, call.base(&desk.front)?);
    let files = desk.host.files(&form, &call.caller).await?.ok_or(Rejection::NotFound)?;
    let manifest = Manifest::of(files.into_iter().map(|file| file.listed(&form, &call.place, &base)));
    let answer = api::manifest::write(&manifest, SystemTime::now()).map_err(Rejection::internal)?;
    Ok(answer.map(Body::from))
}

impl FormFile {
    fn listed(self, form: &FormVersion, place: &Place, base: &Base) -> MediaFile<'static> {
        let mut arguments = vec![("formId", form.id.as_str()), ("file", self.path.as_str())];
        arguments.extend(form.version.as_deref().map(|version| ("version", version)));
        let address = |last| place.beside(base, last, &arguments);
        let (file, integrity) = (address(MEDIA), address(INTEGRITY));
        let listed = MediaFile::new(self.path, self.hash, file);
        if self.is_entity_list { listed.as_entity_list(integrity) } else { listed }
    }
}

async fn media<H: Forms>(desk: Arc<Desk<H>>, call: Call) -> Answered {
    let (form, path) = (FormVersion::of(&call)?, file(&call)?);
    let from = content::first_byte(&call.head.headers).unwrap_or_default();
    let content = desk.host.file(&form, &path, from, &call.caller).await?.ok_or(Rejection::NotFound)?;
    Ok(content::answer(content, &call.head.headers))
}

async fn deleted<H: Forms>(desk: Arc<Desk<H>>, call: Call) -> Answered {
    let (form, path) = (FormVersion::of(&call)?, file(&call)?);
    let asked = integrity::Request::read(&call.head);
    let told = desk.host.deleted(&form, &path, &asked.ids, &call.caller).await?.ok_or(Rejection::NotFound)?;
    let frame = vec![Element::new(Name::local("data")), Element::new(Name::local("entities"))];
    listing::document(frame, told, |out, (id, deleted)| {
        out.open(&Name::local("entity"))?;
        out.attribute(&Name::local("id"), &id)?;
        out.leaf(&Name::local("deleted"), if deleted { "true" } else { "false" })?;
        out.close();
        Ok(())
    })
    .await
}

fn query(call: &Call) -> &str {
    call.head.uri.query().unwrap_or_default()
}

impl FormVersion {
    fn of(call: &Call) -> Result<Self, Rejection> {
        let id = argument(query(call), "formId").ok_or(Rejection::NotFound)?;
        Ok(Self { id, version: argument(query(call), "version") })
    }
}

/// A name that leads elsewhere is one of no file.
fn file(call: &Call) -> Result<RelativePath<'static>, Rejection> {
    let name = argument(query(call), "file").ok_or(Rejection::NotFound)?;
    RelativePath::new(name).map_err(|_| Rejection::NotFound)
}
