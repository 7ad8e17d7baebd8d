//! The OpenRosa HTTP protocol.
