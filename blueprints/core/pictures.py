"""Pictures that people upload: decoded, turned upright, cropped and encoded anew; nothing of the file is kept."""

import io
import warnings

PORTRAIT_SIDE = 288
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_MOST_PIXELS = 50_000_000


class PictureError(Exception):
    """A file that is no picture we can show; the message is for whoever sent it."""


def portrait(file: bytes) -> bytes:
    """A square WebP of 288 pixels from the middle of a JPEG, PNG, WebP or GIF; PictureError for all else."""
    from PIL import Image, ImageOps, UnidentifiedImageError  # only here: every worker would keep it in memory

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Pillow only warns of a bomb that is not quite large enough
            with Image.open(io.BytesIO(file), formats=_FORMATS) as picture:
                if picture.width * picture.height > _MOST_PIXELS:
                    raise PictureError("The picture has more than 50 million pixels. Make it smaller first.")
                upright = ImageOps.exif_transpose(picture).convert("RGB")
                square = ImageOps.fit(upright, (PORTRAIT_SIDE, PORTRAIT_SIDE))
        out = io.BytesIO()
        square.save(out, "WEBP", quality=82, method=6)
    except (UnidentifiedImageError, OSError, ValueError, Warning, Image.DecompressionBombError) as error:
        raise PictureError("This file cannot be read as a JPEG, PNG, WebP or GIF picture.") from error
    return out.getvalue()
