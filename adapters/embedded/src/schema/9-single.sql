-- From whom alone a publication was taken back, as JSON; names of the files of a submission; the page where people sign in.
-- A ticket whose `private` is 2 is employees' alone.

ALTER TABLE publication ADD COLUMN exceptions TEXT NOT NULL DEFAULT '[]';
ALTER TABLE submission ADD COLUMN files TEXT NOT NULL DEFAULT '[]';
ALTER TABLE branding ADD COLUMN login_text TEXT;
ALTER TABLE branding ADD COLUMN login_image_url TEXT;
