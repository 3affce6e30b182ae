"""From a spec such as "dcgan+wgangp@digits" to a recipe in which every option and setting has its value.

Other rooms import `resolve` and `Recipe` from `recipe`, `part` from `parts` (text to one part) and `as_text` from
`options`.
"""
