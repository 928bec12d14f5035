"""Attacks on a real broker and a real enrolment service; each a row, none may succeed."""
