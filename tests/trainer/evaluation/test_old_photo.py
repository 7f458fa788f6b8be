"""What makes a sample look old: always the same damage, and film that is blind to red."""

import numpy as np

from trainer.data.sample_decoder import Sample
from trainer.evaluation.old_photo import as_old_photo


def _sample(key: str, rgb: tuple[int, int, int], luma: int) -> Sample:
    return Sample(
        key=key,
        luma=np.full((64, 64), luma, np.uint8),
        bins=np.zeros((64, 64), np.uint8),
        rgb=np.full((64, 64, 3), rgb, np.uint8),
    )


def test_the_damage_depends_on_the_key_alone() -> None:
    one, again, other = (as_old_photo(_sample(key, (90, 90, 90), 90)) for key in "aab")
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_on_some_samples_red_goes_dark_and_blue_goes_light() -> None:
    changes = np.array(
        [
            [
                np.median(as_old_photo(_sample(str(key), rgb, luma)).astype(int)) - luma
                for rgb, luma in (((200, 0, 0), 60), ((0, 0, 255), 29))
            ]
            for key in range(24)
        ]
    )
    blind_to_red = (changes[:, 1] > 60).sum()
    assert 4 <= blind_to_red <= 20
    assert (changes[changes[:, 1] > 60, 0] < 40).all()
