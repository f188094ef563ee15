//! The product's own program, built beside the tests so that they can run and kill it.

fn main() -> std::process::ExitCode {
    inland::command::main()
}
