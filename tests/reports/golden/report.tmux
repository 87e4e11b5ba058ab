#[fg=red]✖3 #[fg=yellow]▲2 #[fg=green]● #[default]80
