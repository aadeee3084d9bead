"""What the syntax trees of the languages call things. One table for all of them: the names hardly clash.

Everything here is data. A new language is its names added to these sets and its grammar to grammars.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from migaddr.lint.find.vocabulary import names

_C_LITERALS: Final = names("string_literal raw_string_literal preproc_arg char_literal")

LITERALS: Final[Mapping[str, frozenset[str]]] = {
    "python": names("string"),
    "c": _C_LITERALS,
    "cpp": _C_LITERALS,
    "go": names("interpreted_string_literal raw_string_literal"),
    "rust": names("string_literal raw_string_literal"),
    "shell": names("string raw_string ansi_c_string translated_string word heredoc_body"),
    "perl": names(
        """
    string_literal interpolated_string_literal heredoc_content command_string quoted_word_list
    """
    ),
    "ruby": names("string bare_string heredoc_body subshell"),
    "javascript": names("string template_string"),
    "typescript": names("string template_string"),
    "tsx": names("string template_string"),
    "json": names("string"),
    "yaml": names("plain_scalar double_quote_scalar single_quote_scalar block_scalar"),
    "toml": names("string"),
}
"""The nodes that are a whole literal, in each language that is looked into by its tree."""

DELIMITERS: Final = names(
    """
    string_start string_end heredoc_start heredoc_end raw_string_delimiter encoding
    """
)
CONTENT: Final = names(
    """
    string_content string_fragment string_scalar interpreted_string_literal_content heredoc_content
    raw_string_literal_content raw_string_content multiline_string_fragment bare_string
    """
)
ESCAPES: Final = names("escape_sequence escape_interpolation")
INTERPOLATIONS: Final = names("interpolation template_substitution")

COMMENTS: Final = names("comment line_comment block_comment doc_comment pod pod_statement")

ADJACENT: Final = names("concatenated_string chained_string concatenation")
BINARY: Final = names("binary_operator binary_expression binary")
TRANSPARENT: Final = names(
    """
    parenthesized_expression parenthesized_statements conditional_expression ternary_expression
    conditional if_expression await_expression cast_expression unary_expression reference_expression
    try_expression literal_element flow_node block_node block_sequence_item expression_list argument
    as_expression non_null_expression satisfies_expression type_conversion_expression
    user_defined_literal match_arm boolean_operator composite_literal plain_scalar
    keyword_parameters pointer_expression stub_expression
    """
)
COMPARING: Final = names("== != === !== < > in =~ !~ eq ne <=> is")
COMPARISONS: Final = names(
    """
    comparison_operator case_statement case_item expression_case switch_case match_pattern when
    equality_expression test_command relational_expression
    """
)

CALLS: Final[Mapping[str, str]] = {
    "call": "function",
    "call_expression": "function",
    "macro_invocation": "macro",
    "function_call_expression": "function",
    "ambiguous_function_call_expression": "function",
    "method_call_expression": "method",
    "new_expression": "constructor",
    "command": "name",
}
"""The nodes that call a function, and the field that names it."""

PAIRS: Final[Mapping[str, tuple[str, str]]] = {
    "pair": ("key", "value"),
    "keyword_argument": ("name", "value"),
    "keyed_element": ("key", "value"),
    "field_initializer": ("field", "value"),
    "initializer_pair": ("designator", "value"),
    "block_mapping_pair": ("key", "value"),
    "flow_pair": ("key", "value"),
}
ASSIGNMENTS: Final[Mapping[str, tuple[str, str]]] = {
    "assignment": ("left", "right"),
    "augmented_assignment": ("left", "right"),
    "assignment_expression": ("left", "right"),
    "augmented_assignment_expression": ("left", "right"),
    "operator_assignment": ("left", "right"),
    "compound_assignment_expr": ("left", "right"),
    "named_expression": ("name", "value"),
    "init_declarator": ("declarator", "value"),
    "short_var_declaration": ("left", "right"),
    "assignment_statement": ("left", "right"),
    "var_spec": ("name", "value"),
    "const_spec": ("name", "value"),
    "let_declaration": ("pattern", "value"),
    "const_item": ("name", "value"),
    "static_item": ("name", "value"),
    "variable_declarator": ("name", "value"),
    "variable_assignment": ("name", "value"),
    "default_parameter": ("name", "value"),
    "typed_default_parameter": ("name", "value"),
    "preproc_def": ("name", "value"),
    "public_field_definition": ("name", "value"),
}
LISTS: Final = names(
    """
    list tuple set argument_list arguments initializer_list literal_value array array_expression
    token_tree list_expression block_sequence flow_sequence string_array command heredoc_redirect
    dictionary object hash field_initializer_list block_mapping flow_mapping inline_table
    anonymous_hash_expression dictionary_splat struct_expression anonymous_array_expression
    redirected_statement tuple_expression
    """
)
MAPPINGS: Final = names("dictionary object hash block_mapping flow_mapping inline_table")
"""Of these, those that hold keys and values."""
RETURNS: Final = names("return_statement return_expression return")
FUNCTIONS: Final = names(
    """
    function_definition function_declaration method_declaration function_item method
    singleton_method method_definition subroutine_declaration_statement method_declaration_statement
    """
)
SCOPES: Final = names(
    """
    class_definition class_declaration class impl_item mod_item module class_specifier
    """
)

TYPED: Final = names(
    """
    declaration compound_literal_expression composite_literal struct_expression let_declaration var_spec
    """
)
"""What holds a value and says its type."""

PRINTF: Final = names(
    """
    sprintf Sprintf snprintf asprintf vasprintf xasprintf printf fprintf Printf Fprintf
    g_strdup_printf g_string_printf g_string_append_printf Errorf format Format sformat
    strdup_printf qtest_initf qtest_init monitor_printf error_report dprintf virAsprintf util_format
    formatstring
    """
)
"""Functions whose first string has conversions of printf. Rust's and Python's `format` has braces."""
BRACES_MACROS: Final = names(
    """
    format print println eprint eprintln write writeln info warn error debug trace bail anyhow panic
    """
)
PASSING: Final = names(
    """
    to_string to_owned into as_str as_ref clone from str unicode String string new unwrap strip trim
    encode decode g_strdup strdup freeze dup to_s b bytes Some Ok CString
    """
)
"""Functions that give back the text that they are given, or that they are called on."""
QUOTING: Final = names(
    """
    quote shlex_quote shellquote shell_quote g_shell_quote escapeshellarg shellescape escape_shell
    list2cmdline shell_escape
    """
)
COMPARING_CALLS: Final = names(
    """
    startswith starts_with start_with endswith ends_with strip_prefix has_prefix HasPrefix
    removeprefix strcmp strncmp strstart strstr g_str_has_prefix g_str_equal TrimPrefix Equal match
    assert_equal assertEquals is search startsWith includes indexOf find assert_eq assertEqual assert_ne
    Contains contains
    """
)
EQUAL_CALLS: Final = names("assert_eq assertEqual assert_equal assertEquals Equal is")
"""Of these, those that compare the whole."""
ADDING: Final = names("append extend push add insert push_str concat")
SAYING: Final = names("echo printf print puts say")
"""In a shell function these are its answer."""

LOGGING: Final = names(
    """
    debug info warn warning error critical exception trace fatal Errorf Fatalf Infof Debugf Warnf Warningf
    error_report error_setg warn_report perror syslog die croak carp warn
    """
)
"""Functions whose text is for people."""
LOGS: Final = names("log logger logging logs")
"""Words in the name of what such functions are called on."""

# an expression within one of these goes where the whole goes
PASSED: Final = frozenset(
    {
        "block",
        "expression_statement",
        "list_splat",
        "selector_expression",
        "field_expression",
        "attribute",
        "member_expression",
        "hash_element_expression",
        "subscript",
        "element_reference",
    }
)

# parts of a text
PARTS: Final = frozenset(
    {
        "simple_expansion",
        "expansion",
        "interpolation",
        "template_substitution",
        "string_content",
        "interpolated_string_literal",
        "variable_name",
        "scalar",
        "varname",
    }
)
