"""decisions"""

from alembic import op
import sqlalchemy as sa

revision = '0002'
down_revision = '0001'


def upgrade() -> None:
    op.create_table('decision',
    sa.Column('film_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('outcome', sa.Text(), nullable=False),
    sa.Column('category', sa.Text(), nullable=False),
    sa.Column('probability', sa.Float(), nullable=True),
    sa.Column('laterality', sa.Text(), nullable=False),
    sa.Column('details', sa.Text(), nullable=False),
    sa.Column('run_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['film_id'], ['film.film_id'], name=op.f('fk_decision_film_id')),
    sa.ForeignKeyConstraint(['run_id'], ['run.run_id'], name=op.f('fk_decision_run_id')),
    sa.PrimaryKeyConstraint('film_id', name=op.f('pk_decision'))
    )
