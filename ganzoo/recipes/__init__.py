"""From a spec such as "dcgan+wgangp@digits" to a recipe in which every option and setting has its value."""
