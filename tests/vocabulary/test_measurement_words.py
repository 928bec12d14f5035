"""Columns are made in one way, and a store is a suffix."""

from vocabulary.measurement_words import Column, FieldType, Store, real, text, truth, whole


def test_each_kind_of_column() -> None:
    assert whole("n", "a number", "ms") == Column("n", FieldType.INTEGER, "ms", "a number")
    assert real("x", "a share").kind is FieldType.FLOAT
    assert truth("ok", "it is").kind is FieldType.BOOLEAN
    assert text("word", "a word").kind is FieldType.STRING


def test_a_store_is_a_suffix() -> None:
    assert [str(store) for store in Store] == ["", "usage", "hours"]
