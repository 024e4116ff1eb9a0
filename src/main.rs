fn main() -> std::process::ExitCode {
    filtercert::cli::main()
}
