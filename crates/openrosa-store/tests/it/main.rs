//! What a device keeps, seen from outside.

// Said for the lints: what helps a test is a test as well.
#[cfg(test)]
mod outbox;
