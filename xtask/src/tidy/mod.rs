pub(crate) fn run(_: &[String]) -> Result<std::process::ExitCode, String> {
    Err(String::new())
}
