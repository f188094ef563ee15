//! The audit log through the real process, and against programs that nobody here wrote.

mod fleet;
mod s3;
