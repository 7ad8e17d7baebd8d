//! OpenRosa and CommCare Case XML documents.
