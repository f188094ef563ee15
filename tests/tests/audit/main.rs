//! The audit log from outside: what auditors run, with the real program and foreign tools.

mod export;
