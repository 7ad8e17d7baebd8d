//! Lists, manifests and their neighbors: what is built reads back as what it was built of, and what was read is written as
//! it was.

use openrosa_tests::strategies::{self, lists};
use openrosa_xml::{
    EncryptedSubmission, Envelope, FileHash, FormList, Geopoint, Integrity, KeyRecords, Manifest, Timestamp,
    briefcase::{DownloadedSubmission, IdChunk, SubmissionKey, SubmissionMetadata},
    form_list::ListQuery,
    geopoint::Polyline,
    key_records::KeyRecord,
    xml::Element,
};
use proptest::{collection::vec, option::of, prelude::*};

proptest! {
    #![proptest_config(strategies::config())]

    /// what lists hold is escaped, whatever it is.
    #[test]
    fn a_form_list_reads_back_as_what_it_was_built_of(
        forms in vec(lists::listed_form(), 0..4), groups in vec(lists::form_group(), 0..3)
    ) {
        let list = forms.iter().cloned().fold(FormList::new(), FormList::with_form);
        let list = groups.iter().cloned().fold(list, FormList::with_group);
        let written = list.write().unwrap();
        let read = FormList::read(&written).unwrap();
        prop_assert_eq!(&read, &list, "{}", &written);
        prop_assert_eq!(read.strict().unwrap(), forms);
        prop_assert_eq!(read.groups().collect::<Result<Vec<_>, _>>().unwrap(), groups);
    }

    #[test]
    fn an_answer_lists_what_was_asked_for_and_nothing_else(
        forms in vec(lists::listed_form(), 1..5), which: prop::sample::Index, verbose: bool, list_all_versions: bool
    ) {
        let form_id = Some(forms[which.index(forms.len())].form_id.clone());
        let query = ListQuery { form_id: form_id.clone(), verbose, list_all_versions };
        let list = query.answer(forms);
        let listed = list.strict().unwrap();
        prop_assert!(!listed.is_empty() && (list_all_versions || listed.len() == 1));
        for form in listed {
            prop_assert_eq!(Some(form.form_id), form_id.clone());
            prop_assert!(verbose || form.description_text.or(form.description_url).is_none());
        }
    }

    #[test]
    fn a_manifest_reads_back_as_what_it_was_built_of(files in vec(lists::media_file(), 0..5)) {
        let manifest = files.iter().cloned().fold(Manifest::new(), Manifest::with_file);
        let written = manifest.write().unwrap();
        let read = Manifest::read(&written).unwrap();
        prop_assert_eq!(&read, &manifest, "{}", &written);
        prop_assert_eq!(read.strict().unwrap(), files);
    }

    /// the order of a manifest is stable.
    #[test]
    fn a_manifest_of_the_same_files_is_the_same(
        (files, shuffled) in vec(lists::media_file(), 0..5)
            .prop_map(|mut files| {
                files.sort_by(|a, b| a.path.cmp(&b.path));
                files.dedup_by(|a, b| a.path == b.path);
                files
            })
            .prop_flat_map(|files| (Just(files.clone()), Just(files).prop_shuffle()))
    ) {
        prop_assert_eq!(Manifest::of(files).write().unwrap(), Manifest::of(shuffled).write().unwrap());
    }

    #[test]
    fn the_fate_of_entities_reads_back(entities in vec((strategies::text(), any::<bool>()), 0..5)) {
        let integrity = Integrity::of(entities.iter().cloned());
        let written = integrity.write().unwrap();
        let read = Integrity::read(&written).unwrap();
        prop_assert_eq!(&read, &integrity, "{}", &written);
        let told: Vec<_> = read.entities().map(|e| (e.id.into_owned(), e.deleted.unwrap())).collect();
        prop_assert_eq!(told, entities);
    }

    #[test]
    fn keys_read_back(
        domain in strategies::text(), issued in strategies::text(),
        keys in vec((lists::filled(), lists::filled(), strategies::text(), strategies::text()), 0..4),
    ) {
        let record = |(uuid, key, valid, expires): (String, String, String, String)| {
            KeyRecord::new(uuid, key, Timestamp::new(valid), Timestamp::new(expires))
        };
        let keys: Vec<_> = keys.into_iter().map(record).collect();
        let records = KeyRecords::of(domain.clone(), Timestamp::new(issued.clone()), keys.iter().cloned());
        let written = records.write().unwrap();
        let read = KeyRecords::read(&written).unwrap();
        prop_assert_eq!(&read, &records, "{}", &written);
        prop_assert_eq!((read.domain(), read.issued()), (Some(&*domain), Some(Timestamp::new(issued))));
        prop_assert_eq!(read.strict().unwrap(), keys);
    }

    #[test]
    fn a_page_of_ids_reads_back(ids in vec(lists::filled(), 0..5), cursor in of(lists::filled())) {
        let page = cursor.iter().cloned().fold(IdChunk::of(ids.iter().cloned()), IdChunk::with_cursor);
        let written = page.write().unwrap();
        let read = IdChunk::read(&written).unwrap();
        prop_assert_eq!(&read, &page, "{}", &written);
        prop_assert_eq!(read.ids().collect::<Vec<_>>(), ids);
        prop_assert_eq!(read.resumption_cursor().map(Into::into), cursor);
    }

    #[test]
    fn a_submission_that_is_handed_out_reads_back(
        instance in strategies::element(), files in vec(lists::media_file(), 0..3)
    ) {
        let submission = DownloadedSubmission::of(instance.clone(), files.iter().cloned());
        let written = submission.write().unwrap();
        let read = DownloadedSubmission::read(&written).unwrap();
        prop_assert_eq!(&read, &submission, "{}", &written);
        prop_assert_eq!(read.instance(), Some(&instance));
        prop_assert_eq!(read.files().collect::<Result<Vec<_>, _>>().unwrap(), files);
    }

    #[test]
    fn a_submission_key_is_taken_apart_as_it_was_put_together(
        form_id in strategies::text(), version in of("[a-z0-9 .\\[\\]]{0,8}"), id in strategies::text()
    ) {
        let reserved = |version: &String| version == "null";
        prop_assume!(!version.as_ref().is_some_and(reserved));
        let mut key = SubmissionKey::new(form_id, "data", id);
        key.version = version.map(Into::into);
        let written = key.to_string();
        prop_assert_eq!(SubmissionKey::parse(&written).unwrap(), key);
    }

    #[test]
    fn what_a_server_knows_of_a_submission_reads_back(texts in vec(of(strategies::text()), 8)) {
        let mut texts = texts.into_iter().map(|text| text.map(std::borrow::Cow::from));
        let mut next = || texts.next().flatten();
        let mut metadata = SubmissionMetadata::default();
        (metadata.form_id, metadata.version, metadata.ui_version) = (next(), next(), next());
        (metadata.encrypted, metadata.instance_id, metadata.complete) = (next(), next(), next());
        metadata.submission_date = next().map(Timestamp::new);
        metadata.marked_as_complete_date = next().map(Timestamp::new);
        let written = Envelope::new("Saved.").with_payload(metadata.to_element()).write().unwrap();
        let read = Envelope::read(&written).unwrap();
        prop_assert_eq!(SubmissionMetadata::find(&read), Some(metadata));
    }

    /// several files are written, each by itself, and read in their order.
    #[test]
    fn an_encrypted_submission_reads_back(
        form_id in strategies::text(), version in of(strategies::text()), media in vec(lists::filled(), 0..4),
        [key, id, form, signature] in [lists::filled(), lists::filled(), lists::filled(), lists::filled()]
    ) {
        let sent = EncryptedSubmission::new(form_id.clone(), key.clone(), id.clone());
        let sent = version.iter().cloned().fold(sent, EncryptedSubmission::with_version);
        let sent = media.iter().cloned().fold(sent, EncryptedSubmission::with_media_file);
        let written = sent.with_form(form.clone(), signature.clone()).write().unwrap();
        let read = EncryptedSubmission::read(&written).unwrap();
        prop_assert!(read.is_encrypted());
        prop_assert_eq!((read.form_id(), read.version()), (Some(form_id.as_str()), version.as_deref()));
        let parts = [read.encrypted_key(), read.instance_id(), read.form_file(), read.signature()];
        prop_assert_eq!(parts.map(Option::unwrap_or_default), [key, id, form, signature]);
        prop_assert_eq!(read.media_files().collect::<Vec<_>>(), media);
    }

    /// a place of 2, 3 or 4 numbers is the same after writing and reading, to the last digit.
    #[test]
    fn a_line_of_places_reads_back(points in vec(lists::geopoint(), 0..5)) {
        let line = Polyline { points };
        prop_assert_eq!(&line.to_string().parse::<Polyline>().unwrap(), &line);
        for place in line.points {
            prop_assert_eq!(place.to_string().parse::<Geopoint>().unwrap(), place);
        }
    }

    /// a hash is the same after writing and reading, in either case of its digits.
    #[test]
    fn a_hash_reads_back(bytes: [u8; 16]) {
        let hash = FileHash::from_md5(bytes);
        let written = hash.to_string();
        prop_assert_eq!(FileHash::parse(&written), Some(hash));
        prop_assert_eq!(FileHash::parse(&written["md5:".len()..].to_uppercase()), Some(hash));
    }

    /// what stands where it means nothing is passed over, and kept.
    /// what can be used is used, whatever stands beside it.
    #[test]
    fn any_document_is_looked_into_and_kept_whole(element in prop_oneof![lists::odd_document(), strategies::element()]) {
        let list = FormList::from(element.clone());
        for form in list.forms().flatten() {
            prop_assert!([form.form_id, form.name, form.download_url].iter().all(|part| !part.is_empty()));
        }
        prop_assert_eq!(list.strict().is_ok(), list.forms().all(|form| form.is_ok()));
        prop_assert!(list.groups().flatten().all(|group| !group.list_url.is_empty()));
        prop_assert!(list.legacy_forms().flatten().all(|form| !form.url.is_empty()));
        let manifest = Manifest::from(element.clone());
        let submission = DownloadedSubmission::from(element.clone());
        prop_assert_eq!(manifest.files().collect::<Vec<_>>(), submission.files().collect::<Vec<_>>());
        let integrity = Integrity::from(element.clone());
        if let Some(first) = integrity.entities().next() {
            prop_assert_eq!(integrity.is_deleted(&first.id), first.deleted);
        }
        let page = IdChunk::from(element.clone());
        prop_assert!(page.next_cursor(None).is_none() || page.ids().count() > 0);
        let written = list.write().unwrap();
        prop_assert_eq!(&written, &manifest.write().unwrap());
        prop_assert_eq!(&Element::read(&written).unwrap(), &element);
        prop_assert_eq!(&EncryptedSubmission::read(&written).unwrap().element, &element);
    }
}
