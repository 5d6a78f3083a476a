"""boxes"""

from alembic import op
import sqlalchemy as sa

revision = '0003'
down_revision = '0002'


def upgrade() -> None:
    op.create_table('box',
    sa.Column('film_id', sa.BigInteger(), nullable=False),
    sa.Column('task', sa.Text(), nullable=False),
    sa.Column('label', sa.Text(), nullable=False),
    sa.Column('x_min', sa.Float(), nullable=False),
    sa.Column('y_min', sa.Float(), nullable=False),
    sa.Column('x_max', sa.Float(), nullable=False),
    sa.Column('y_max', sa.Float(), nullable=False),
    sa.Column('score', sa.Float(), nullable=False),
    sa.Column('run_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['film_id'], ['film.film_id'], name=op.f('fk_box_film_id')),
    sa.ForeignKeyConstraint(['run_id'], ['run.run_id'], name=op.f('fk_box_run_id'))
    )
    op.create_index(op.f('ix_box_film_id'), 'box', ['film_id'], unique=False)
