"""clean structured reports"""

from alembic import op
import sqlalchemy as sa

revision = '0004'
down_revision = '0003'


def upgrade() -> None:
    op.create_table('clean_structured_report',
    sa.Column('path', sa.Text(), nullable=False),
    sa.Column('member', sa.Text(), server_default='', nullable=False),
    sa.Column('sop_instance_uid', sa.Text(), nullable=False),
    sa.Column('version', sa.Text(), nullable=False),
    sa.Column('parameters', sa.Text(), nullable=False),
    sa.Column('clean_path', sa.Text(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('detail', sa.Text(), nullable=True),
    sa.Column('run_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['run_id'], ['run.run_id'], name=op.f('fk_clean_structured_report_run_id')),
    sa.PrimaryKeyConstraint('path', 'member', name=op.f('pk_clean_structured_report')),
    sqlite_with_rowid=False
    )
