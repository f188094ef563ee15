//! The audit log through the product's own program: one module per subject.

mod report;
