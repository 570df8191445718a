"""`driftgauge profile build --label`: a profile that knows how good the model was."""

from __future__ import annotations

from driftgauge.cli.main import main
from driftgauge.profile import loads


def test_build_with_labels(tmp_path, capsys):
    """The summary says how good the model was on labelled rows, and the profile holds it; an unknown column is named."""
    rows = [
        f"{i},{'yes' if i % 2 else 'no'},{0.9 if i % 2 else 0.2},{'yes' if i % 2 and i % 10 else 'no'}"
        for i in range(500)
    ]
    file, profile = tmp_path / "train.csv", tmp_path / "profile.json"
    file.write_text("\n".join(["x,guess,p,truth", *rows]))
    given = ["profile", "build", str(file), "-o", str(profile), "--prediction", "guess", "--probability", "p"]
    assert main([*given, "--label", "truth", "--classes", "no", "yes"]) == 0
    assert "labels: 500 rows, accuracy 1.0000" in capsys.readouterr().out
    reference = loads(profile.read_text())
    assert reference.outcomes.total == 500
    assert [column.name for column in reference.profile.spec.schema.columns if column.role == "input"] == ["x"]
    assert main([*given, "--label", "trut"]) != 0
    assert "no column 'trut' for label, did you mean 'truth'?" in capsys.readouterr().err
