//! The program: the commands on top of the library.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
