//! Nothing is routed to a backend that its record does not name.
fn main() {
    let _forged = inland::route::Routed {};
}
