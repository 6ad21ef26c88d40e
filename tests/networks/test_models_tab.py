"""The Models tab: everything from files, a sentence where one is missing."""

from digit_core.figures.records import read_vote_gains
from digit_core.figures.tables import NOT_MEASURED, vote_sentence
from tests.support.small_figures import ACCURACIES
from ui.tabs.models import NO_HISTORY, ModelsHandlers, layer_table


def test_the_first_table_has_size_accuracy_and_origin(small_recognizer, small_models):
    facts = ModelsHandlers(small_recognizer, small_models).facts()

    assert small_recognizer.origin in facts
    assert "| read right, % | 90.00 | 90.00 | – |\n| loss | 0.3000 | 0.3000 | – |" in facts
    assert "MNIST's test set" in facts


def test_the_first_table_tells_the_files_from_all_others(small_recognizer, small_models):
    networks = small_recognizer.public_manifest()["networks"]
    pushed = networks | {"deep": networks["deep"] | {"repo": "somebody/digits-deep", "revision": "0123456789" * 4}}

    class Pushed:
        origin, vote = small_recognizer.origin, small_recognizer.vote

        def public_manifest(self):
            return {"networks": pushed}

    facts = ModelsHandlers(Pushed(), small_models).facts()

    assert f"compact has the sha256 {networks['compact']['sha256'][:7]}…, not on the Hub yet" in facts
    assert "on the Hub somebody/digits-deep at 0123456." in facts


def test_layers_add_up_to_the_whole_network(small_recognizer):
    from digit_core.models.architectures import layers_of

    network = small_recognizer.ensemble.members["compact"].network

    table = layer_table(layers_of(network))

    assert f"**{network.count_params():,}** | **{4 * network.count_params():,}**" in table
    assert "| features | Activation | 7×7×64 | 0 | 0 |" in table


def test_missing_files_leave_sentences(small_recognizer, tmp_path):
    handlers = ModelsHandlers(small_recognizer, tmp_path)

    per_digit = handlers.accuracies()
    sentence, *curves, by_set = handlers.votes()

    assert NOT_MEASURED in handlers.facts()
    assert handlers.measures() == sentence == NOT_MEASURED
    assert all(told.endswith(NOT_MEASURED) for told in handlers.scores())
    assert handlers.training().layout.annotations[0].text == NO_HISTORY
    assert per_digit.layout.annotations[0].text == NOT_MEASURED
    assert all(NOT_MEASURED in figure.layout.annotations[0].text for figure in (*handlers.mistakes(), *curves))
    assert all(NOT_MEASURED in figure.layout.annotations[0].text for figure in handlers.reliabilities())
    assert by_set == ""
    drawn, layers, *_ = handlers.architectures()
    assert (NOT_MEASURED in drawn.layout.annotations[0].text, layers) == (True, "")


def test_damaged_files_leave_sentences(small_recognizer, tmp_path):
    for name in ("compact", "ensemble"):
        (tmp_path / name).mkdir()
        for file in ("history.json", "metrics.json"):
            (tmp_path / name / file).write_text("no json")
    handlers = ModelsHandlers(small_recognizer, tmp_path)

    per_digit = handlers.accuracies()
    sentence, curve, *_ = handlers.votes()

    sentences = [handlers.facts(), handlers.measures(), handlers.peers(), sentence, handlers.scores()[0]]
    drawn, *_ = handlers.architectures()
    sentences += [figure.layout.annotations[0].text for figure in (drawn, per_digit, curve, *handlers.reliabilities())]
    assert all(told.endswith("is damaged.") for told in sentences)
    assert handlers.training().layout.annotations[0].text.endswith("is damaged.")


def test_figures_of_an_earlier_version_leave_gaps_and_no_error(small_recognizer, small_models):
    handlers = ModelsHandlers(small_recognizer, small_models)  # no ensemble, no reliability, no accuracy by weight

    sentence, first, second, _ = handlers.votes()

    assert sentence == NOT_MEASURED
    assert first.layout.annotations[0].text == second.layout.annotations[0].text == NOT_MEASURED
    assert all(figure.layout.annotations[0].text == NOT_MEASURED for figure in handlers.reliabilities())
    assert "ixartz" in handlers.peers()
    assert "³" not in handlers.peers()


def test_the_vote_is_weighed_against_the_better_network(small_recognizer, measured_models):
    sentence, mnist, drawn, by_set = ModelsHandlers(small_recognizer, measured_models).votes()

    assert sentence.startswith("On none of 3 sets does the vote beat the better of its two networks beyond chance")
    assert "dashed line" in sentence
    assert list(mnist.data[0].y) == ACCURACIES
    assert "all brushes" in drawn.layout.title.text
    assert "| MNIST's test set | 90.00 | 90.00 | 90.00 | 890 | 20 | 10 | 80 | 0.60 | 55 % of 40 |" in by_set


def test_the_vote_is_told_of_once(small_recognizer, measured_models):
    handlers = ModelsHandlers(small_recognizer, measured_models)
    told = vote_sentence(read_vote_gains(measured_models))

    assert handlers.votes()[0].startswith(told)
    assert "the better of its two networks" not in handlers.measures()


def test_this_projects_row_stands_first_beside_others_with_its_caveat(small_recognizer, measured_models):
    peers = ModelsHandlers(small_recognizer, measured_models).peers()

    rows = [line for line in peers.splitlines() if line.startswith("| ")]
    assert rows[2] == "| **these two and their vote** ³ | 395,774 | 90.00 | 90.0 | 90.0 | 13.9 |"
    assert "Read it with care" in peers
    assert "³ Measured on" in peers
